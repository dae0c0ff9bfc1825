import english from 'i18n-iso-countries/langs/en.json' with { type: 'json' }
import type { Country, CustomerLocation } from './records.ts'
import { nameKey } from './text.ts'

export type LocationCountry = Pick<CustomerLocation, 'countryCode' | 'countryName'>

/** Names that people write and the English list of ISO lacks. */
const alsoCalled: Record<string, string[]> = {
  AE: ['Emirates'],
  CV: ['Cabo Verde'],
  CZ: ['Czech Rep.'],
  GB: ['England', 'Scotland', 'Wales', 'Northern Ireland', 'Britain'],
  HK: ['Hong Kong SAR China'],
  KR: ['Korea'],
  LA: ['Laos'],
  MD: ['Moldova'],
  MK: ['Macedonia'],
  MM: ['Burma'],
  MO: ['Macau', 'Macao SAR China'],
  NL: ['Holland'],
  BN: ['Brunei'],
  SK: ['Slovak Republic'],
  SY: ['Syria'],
  SZ: ['Swaziland'],
  TL: ['East Timor'],
  US: ['America'],
  VA: ['Vatican', 'Vatican City'],
  VN: ['Viet Nam'],
}

/** `U.S.A.`, `The Netherlands` and `Bosnia & Herzegovina` meet their plain forms. */
const countryKey = (text: string): string =>
  nameKey(text)
    .replaceAll('&', ' and ')
    .replace(/[.'’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
    .replace(/^the /, '')
    .replace(/^st /, 'saint ')

/** The English names of each ISO code, by key; a name of two countries ("Congo") names none. */
const englishNames = (): Map<string, string | null> => {
  const codes = new Map<string, string | null>()
  for (const [code, names] of Object.entries<string | string[]>(english.countries)) {
    for (const name of [names, alsoCalled[code] ?? []].flat()) {
      const known = codes.get(countryKey(name))
      codes.set(countryKey(name), known === undefined || known === code ? code : null)
    }
  }
  return codes
}

/** Prepares the look-up of CloudTalk's country id by ISO code or by name, once per countries list. */
export const countryLookup = (countries: Country[]): ((location: LocationCountry) => string | null) => {
  const ids = new Map<string, string>()
  const add = (text: string, id: string) => {
    const key = countryKey(text)
    if (key && !ids.has(key)) ids.set(key, id)
  }
  for (const { id, countryCode } of countries) add(countryCode ?? '', id)
  for (const { id, iso3 } of countries) add(iso3 ?? '', id)
  for (const { id, name } of countries) add(name, id)
  for (const [name, code] of englishNames()) {
    const id = code && ids.get(countryKey(code))
    if (id) add(name, id)
  }
  const find = (text: string | null | undefined): string | undefined =>
    text ? ids.get(countryKey(text)) : undefined
  return ({ countryCode, countryName }) => find(countryCode) ?? find(countryName) ?? null
}
