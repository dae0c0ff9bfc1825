import { expect, test } from 'vitest'
import { countryLookup } from './countries.ts'
import type { Country } from './records.ts'

const countries: Country[] = [
  { id: '61', name: 'Denmark', countryCode: 'DK', iso3: 'DNK' },
  { id: '109', name: 'Italy', countryCode: 'IT', iso3: 'ITA' },
  { id: '235', name: 'Britain & Northern Ireland', countryCode: 'GB', iso3: 'GBR' },
  { id: '60', name: 'Czech Rep', countryCode: 'CZ', iso3: 'CZE' },
  { id: '236', name: 'United States of America', countryCode: 'US', iso3: 'USA' },
  { id: '157', name: 'Netherlands', countryCode: 'NL', iso3: 'NLD' },
  { id: '118', name: 'Korea, South', countryCode: 'KR', iso3: 'KOR' },
  { id: '55', name: 'Cote d’Ivoire', countryCode: 'CI', iso3: 'CIV' },
  { id: '28', name: 'Bosnia and Herzegovina', countryCode: 'BA', iso3: 'BIH' },
  { id: '190', name: 'Saint Lucia', countryCode: 'LC', iso3: 'LCA' },
  { id: '51', name: 'Congo-Brazzaville', countryCode: 'CG', iso3: 'COG' },
  { id: '52', name: 'Congo-Kinshasa', countryCode: 'CD', iso3: 'COD' },
  { id: '999', name: 'Nowhere', countryCode: '', iso3: '' },
]

test.each<[code: string | null | undefined, name: string | null | undefined, id: string | null]>([
  ['IT', undefined, '109'],
  ['it', null, '109'],
  [' IT ', '', '109'],
  ['ITA', undefined, '109'],
  [undefined, 'IT', '109'],
  [undefined, 'ita', '109'],
  [undefined, 'Italy', '109'],
  [undefined, '  ITALY ', '109'],
  ['IT', 'Denmark', '109'],
  ['XX', 'Denmark', '61'],
  [undefined, 'Britain and Northern Ireland', '235'],
  [undefined, 'United Kingdom', '235'],
  ['UK', undefined, '235'],
  [undefined, 'England', '235'],
  [undefined, 'Scotland', '235'],
  [undefined, 'Czechia', '60'],
  [undefined, 'Czech Republic', '60'],
  [undefined, 'The United States', '236'],
  [undefined, 'U.S.A.', '236'],
  [undefined, 'America', '236'],
  [undefined, 'Holland', '157'],
  [undefined, 'The Netherlands', '157'],
  [undefined, 'South Korea', '118'],
  [undefined, 'Republic of Korea', '118'],
  [undefined, "Côte d'Ivoire", '55'],
  [undefined, 'Ivory Coast', '55'],
  [undefined, 'Bosnia & Herzegovina', '28'],
  [undefined, 'St. Lucia', '190'],
  [undefined, 'Republic of the Congo', '51'],
  [undefined, 'Democratic Republic of the Congo', '52'],
  [undefined, 'Congo', null],
  [undefined, 'Nowhere', '999'],
  ['DE', 'Germany', null],
  [undefined, 'Atlantis', null],
  ['', '', null],
  [' ', '-', null],
  [null, null, null],
  [undefined, undefined, null],
])('code %s, name %s is %s', (countryCode, countryName, id) => {
  expect(countryLookup(countries)({ countryCode, countryName })).toBe(id)
})

test('a look-up prepared once serves many locations', () => {
  const lookup = countryLookup(countries)
  expect(['DK', 'IT', 'XX'].map((countryCode) => lookup({ countryCode }))).toEqual(['61', '109', null])
})
