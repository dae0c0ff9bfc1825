import { between, pick, type Random } from '../random.ts'
import type { WorldLocation } from './world.ts'

type Place = { city: string; region: string; regionCode?: string; zip: () => string }

const digits = (random: Random, count: number): string =>
  String(between(random, 0, 10 ** count - 1)).padStart(count, '0')

/** One place for each country that the world's phones come from. */
const PLACES: Readonly<Record<string, (random: Random) => Place>> = {
  US: (r) => ({ city: 'New York', region: 'New York', regionCode: 'NY', zip: () => `10${digits(r, 3)}` }),
  GB: (r) => ({ city: 'Leeds', region: 'West Yorkshire', zip: () => `LS${between(r, 1, 29)} 4AP` }),
  SK: (r) => ({
    city: 'Žilina',
    region: 'Žilinský kraj',
    regionCode: 'ZI',
    zip: () => `010 ${digits(r, 2)}`,
  }),
  IT: (r) => ({ city: 'Milano', region: 'Lombardia', regionCode: 'MI', zip: () => `201${digits(r, 2)}` }),
  FR: (r) => ({ city: 'Saint-Étienne', region: 'Auvergne-Rhône-Alpes', zip: () => `42${digits(r, 3)}` }),
  DE: (r) => ({
    city: 'Köln',
    region: 'Nordrhein-Westfalen',
    regionCode: 'NW',
    zip: () => `50${digits(r, 3)}`,
  }),
  ES: (r) => ({ city: 'Málaga', region: 'Andalucía', regionCode: 'AN', zip: () => `29${digits(r, 3)}` }),
  CZ: (r) => ({ city: 'Brno', region: 'Jihomoravský kraj', zip: () => `6${digits(r, 2)} 00` }),
  CA: (r) => ({
    city: 'Moncton',
    region: 'New Brunswick',
    regionCode: 'NB',
    zip: () => `E1C ${digits(r, 1)}A1`,
  }),
  PL: (r) => ({ city: 'Łódź', region: 'Łódzkie', regionCode: 'LD', zip: () => `90-${digits(r, 3)}` }),
  AT: (r) => ({ city: 'Graz', region: 'Steiermark', zip: () => `80${digits(r, 2)}` }),
  IE: () => ({ city: 'Cork', region: 'County Cork', regionCode: 'CO', zip: () => 'T12 X70A' }),
  AU: (r) => ({ city: 'Hobart', region: 'Tasmania', zip: () => `7${digits(r, 3)}` }),
  NL: (r) => ({ city: 'Utrecht', region: 'Utrecht', regionCode: 'UT', zip: () => `35${digits(r, 2)} AB` }),
  SE: (r) => ({ city: 'Malmö', region: 'Skåne län', regionCode: 'M', zip: () => `21${digits(r, 1)} 20` }),
  BR: (r) => ({
    city: 'São Paulo',
    region: 'São Paulo',
    regionCode: 'SP',
    zip: () => `01${digits(r, 3)}-000`,
  }),
  IN: (r) => ({ city: 'Pune', region: 'Maharashtra', regionCode: 'MH', zip: () => `411${digits(r, 3)}` }),
  CH: (r) => ({ city: 'Zürich', region: 'Zürich', regionCode: 'ZH', zip: () => `80${digits(r, 2)}` }),
  PT: (r) => ({ city: 'Porto', region: 'Norte', zip: () => `4000-${digits(r, 3)}` }),
}

const STREETS = [
  'Station Road',
  'Hlavná',
  'Rue de l’Église',
  'Bahnhofstraße',
  'Via Roma',
  'Market & Mill Lane',
] as const

const countryNames = new Intl.DisplayNames(['en'], { type: 'region' })

/** A place in the country, by code or by name, with the region's name or only its code. */
export const locationIn = (random: Random, country: string, type: WorldLocation['type']): WorldLocation => {
  const { city, region, regionCode, zip } = (PLACES[country] ?? PLACES.US)?.(random) ?? {
    city: '',
    region: '',
    zip: () => '',
  }
  const byCode = random() < 0.7
  return {
    type,
    address: `${pick(random, STREETS)} ${between(random, 1, 240)}`,
    ...(random() < 0.3 ? { address2: `Floor ${between(random, 1, 12)}` } : {}),
    cityName: city,
    zipCode: zip(),
    ...(regionCode !== undefined && random() < 0.4 ? { regionCode } : { regionName: region }),
    ...(byCode ? { countryCode: country } : { countryName: countryNames.of(country) ?? country }),
  }
}
