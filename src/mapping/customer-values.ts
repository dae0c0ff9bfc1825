import { uniqueEmails } from './emails.ts'
import { parsePhone } from './phones.ts'
import type { Customer, CustomerLocation, E164 } from './records.ts'
import { filled } from './text.ts'

/** The first value that is not blank. */
export const firstFilled = (...values: (string | null | undefined)[]): string | null =>
  filled(values)[0] ?? null

/** The valid numbers, in order, no repeats. */
export const numbersOf = ({ phones }: Customer, defaultCountry?: string): E164[] => [
  ...new Set(phones.flatMap(({ phone }) => parsePhone(phone, defaultCountry) ?? [])),
]

/** Where in the list a phone is written that is not a valid number, counted from 1. */
export const invalidPhonePositions = ({ phones }: Customer, defaultCountry?: string): number[] =>
  phones.flatMap(({ phone }, at) => (phone.trim() === '' || parsePhone(phone, defaultCountry) ? [] : at + 1))

export const emailsOf = ({ emails }: Customer): string[] => uniqueEmails(emails.map(({ email }) => email))

/** The first URL of type website, else the first without a type; a blog is not a website. */
export const websiteOf = ({ urls }: Customer): string | null =>
  firstFilled(...urls.flatMap(({ type, url }) => (type === 'website' ? url : []))) ??
  firstFilled(...urls.flatMap(({ type, url }) => (type ? [] : url)))

/** The first work location; an empty one when there is none. */
export const workLocation = ({ locations }: Customer): CustomerLocation =>
  locations.find(({ type }) => type === 'work') ?? {}
