import countries from 'i18n-iso-countries'
import { type CountryCode, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max'
import type { Country } from './world.ts'

/** The ids that are known from the wire (CloudTalk contract §2.7); the others are free. */
const KNOWN_IDS: Readonly<Record<string, number>> = { GB: 235, DK: 61, IT: 109 }

/** Territories without a numbering plan of their own in libphonenumber. */
const CALLING_CODES: Readonly<Record<string, string>> = {
  AQ: '672',
  BV: '47',
  GS: '500',
  HM: '672',
  PN: '64',
  TF: '262',
  UM: '1',
}

/** Kosovo has a user-assigned code that is not in ISO 3166-1. */
const NOT_ISO = new Set(['XK'])

const callingCodeOf = (alpha2: string): string =>
  isSupportedCountry(alpha2) ? getCountryCallingCode(alpha2 as CountryCode) : (CALLING_CODES[alpha2] ?? '')

/** Every country of ISO 3166-1 with the id that CloudTalk's `country_id` takes, in the order of ids. */
export const worldCountries = (): Country[] => {
  const names = new Intl.DisplayNames(['en'], { type: 'region' })
  const codes = Object.keys(countries.getAlpha2Codes())
    .filter((code) => !NOT_ISO.has(code))
    .sort()
  const taken = new Set(Object.values(KNOWN_IDS))
  let next = 0
  const freeId = () => {
    do next += 1
    while (taken.has(next))
    return next
  }
  return codes
    .map((alpha2) => ({
      id: KNOWN_IDS[alpha2] ?? freeId(),
      name: names.of(alpha2) ?? alpha2,
      alpha2,
      alpha3: countries.alpha2ToAlpha3(alpha2) ?? '',
      callingCode: callingCodeOf(alpha2),
    }))
    .sort((a, b) => a.id - b.id)
}
