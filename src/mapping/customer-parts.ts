import type { CustomerRecord, CustomerWarning, LocationRecord, Written } from './customer-record.ts'
import { firstFilled } from './customer-values.ts'
import { emailKey } from './emails.ts'
import { orderedUnion } from './ordered-union.ts'
import { parsePhone } from './phones.ts'
import { cutAtWord } from './text.ts'

/** Contract kustomer §2.3: of phones, emails, urls and locations alike. */
const MAX_ENTRIES = 10

const nothing: Written = { part: {}, warnings: [] }

/** A text within Kustomer's limit, `null` when blank. */
export const limited = (
  field: string,
  label: string,
  raw: string | null,
  max: number,
): { value: string | null; warnings: CustomerWarning[] } => {
  const { value, cut } = cutAtWord(firstFilled(raw) ?? '', max)
  const text = `${label} has more than ${max} characters and was cut.`
  return { value: value || null, warnings: cut ? [{ field, code: 'TOO_LONG', text }] : [] }
}

/**
 * The entries with their types as they stand, without those no longer wanted, with new ones among them in the order
 * wanted. Entries without a key are not ours and stay.
 */
const entriesWith = <E>(
  standing: readonly E[],
  wanted: ReadonlyMap<string, E>,
  keyOf: (entry: E) => string | undefined,
): { entries: E[]; leftOut: number } => {
  const kept = standing.flatMap((entry, at) => {
    const key = keyOf(entry)
    if (key === undefined) return { key: `#${at}`, entry }
    return wanted.has(key) ? { key, entry } : []
  })
  const keptKeys = kept.map(({ key }) => key)
  const added = [...wanted.keys()].filter((key) => !keptKeys.includes(key))
  const room = Math.max(0, MAX_ENTRIES - kept.length)
  const refused = new Set(added.slice(room))
  const order = orderedUnion(
    [...wanted.keys()].filter((key) => !refused.has(key)),
    keptKeys,
  )
  const entries = order.flatMap((key) => {
    // Two spellings of one number are two entries, and both stay.
    const known = kept.filter((one) => one.key === key).map(({ entry }) => entry)
    return known.length > 0 ? known : (wanted.get(key) ?? [])
  })
  return { entries, leftOut: refused.size }
}

const sameEntries = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((entry, at) => entry === other[at])

/** Kustomer refuses a list with two equal entries (contract kustomer §2.3, `uniqueItems`); to it, null is absent. */
const withoutRepeats = <E extends object>(entries: E[]): E[] => {
  const byShape = new Map<string, E>()
  for (const entry of entries) {
    const filledKeys = Object.entries(entry).filter(([, value]) => value !== null && value !== undefined)
    const shape = JSON.stringify(filledKeys.sort())
    if (!byShape.has(shape)) byShape.set(shape, entry)
  }
  return [...byShape.values()]
}

const tooMany = (field: string, text: string): CustomerWarning => ({ field, code: 'TOO_MANY', text })

export const phonesWith = (
  { phones }: CustomerRecord,
  numbers: readonly string[],
  defaultCountry?: string,
): Written => {
  const parsed = numbers.map((number) => parsePhone(number))
  const wanted = new Map<string, CustomerRecord['phones'][number]>(
    parsed.flatMap((phone) => (phone ? [[phone, { phone, type: 'work' }]] : [])),
  )
  const { entries, leftOut } = entriesWith(phones, wanted, ({ phone }) => parsePhone(phone, defaultCountry))
  const warnings = parsed.flatMap((phone, at): CustomerWarning[] =>
    phone
      ? []
      : [{ field: 'numbers', code: 'INVALID_PHONE', text: `Phone ${at + 1} is not valid; left out.` }],
  )
  const text = `Kustomer holds at most ${MAX_ENTRIES} phones; ${leftOut} left out.`
  return {
    part: sameEntries(entries, phones) ? {} : { phones: entries },
    warnings: leftOut > 0 ? [...warnings, tooMany('numbers', text)] : warnings,
  }
}

const keyOfEmail = (email: string): string | undefined => emailKey(email) || undefined

export const emailsWith = ({ emails }: CustomerRecord, wantedEmails: readonly string[]): Written => {
  const standing = new Set(emails.map(({ email }) => keyOfEmail(email)))
  const wanted = new Map<string, CustomerRecord['emails'][number]>()
  const warnings: CustomerWarning[] = []
  for (const [at, raw] of wantedEmails.entries()) {
    const key = keyOfEmail(raw)
    if (key === undefined || wanted.has(key)) continue
    if (standing.has(key) || /^[^\s@]+@[^\s@]+$/.test(key)) {
      wanted.set(key, { email: raw.trim(), type: 'work' })
    } else {
      const text = `Email ${at + 1} is not an email address; left out.`
      warnings.push({ field: 'emails', code: 'INVALID_EMAIL', text })
    }
  }
  const { entries, leftOut } = entriesWith(emails, wanted, ({ email }) => keyOfEmail(email))
  const text = `Kustomer holds at most ${MAX_ENTRIES} emails; ${leftOut} left out.`
  return {
    part: sameEntries(entries, emails) ? {} : { emails: entries },
    warnings: leftOut > 0 ? [...warnings, tooMany('emails', text)] : warnings,
  }
}

/** A web address with its scheme; nothing where the text is none. */
const asUrl = (text: string): string | undefined => {
  const url = /^https?:\/\//i.test(text) ? text : `https://${text}`
  const host = URL.parse(url)?.hostname
  return host?.includes('.') && !/\s/.test(url) ? url : undefined
}

/** Where the URL stands that the import reads as the website (requirements §1); -1 when none does. */
const websiteAt = (urls: CustomerRecord['urls']): number => {
  const typed = urls.findIndex(({ type, url }) => type === 'website' && firstFilled(url) !== null)
  return typed >= 0 ? typed : urls.findIndex(({ type, url }) => !type && firstFilled(url) !== null)
}

export const urlsWith = ({ urls }: CustomerRecord, raw: string | null): Written => {
  const at = websiteAt(urls)
  const website = firstFilled(raw)
  if (website === null) {
    return at < 0 ? nothing : { part: { urls: urls.filter((_, index) => index !== at) }, warnings: [] }
  }
  if (firstFilled(urls[at]?.url) === website) return nothing
  const url = asUrl(website)
  if (url === undefined) {
    const text = 'Website is not a web address; left out.'
    return { part: {}, warnings: [{ field: 'website', code: 'INVALID_URL', text }] }
  }
  if (firstFilled(urls[at]?.url) === url) return nothing
  if (at >= 0) return { part: { urls: withoutRepeats(urls.with(at, { ...urls[at], url })) }, warnings: [] }
  if (urls.length < MAX_ENTRIES) return { part: { urls: [...urls, { type: 'website', url }] }, warnings: [] }
  return { part: {}, warnings: [tooMany('website', `Kustomer holds at most ${MAX_ENTRIES} URLs; left out.`)] }
}

/** The first work location with some lines changed, added where there is none; the other locations stay. */
export const locationsWith = (
  { locations }: CustomerRecord,
  field: string,
  linesFor: (standing: LocationRecord) => LocationRecord,
): Written => {
  const at = locations.findIndex(({ type }) => type === 'work')
  const standing = locations[at] ?? {}
  const shown = new Map<string, unknown>(Object.entries(standing))
  const changed = Object.entries(linesFor(standing)).filter(
    ([line, value]) => (shown.get(line) ?? null) !== value,
  )
  if (changed.length === 0) return nothing
  const lines = Object.fromEntries(changed)
  if (at >= 0) {
    return {
      part: { locations: withoutRepeats(locations.with(at, { ...standing, ...lines })) },
      warnings: [],
    }
  }
  if (locations.length < MAX_ENTRIES) {
    return { part: { locations: [...locations, { type: 'work', ...lines }] }, warnings: [] }
  }
  const text = `Kustomer holds at most ${MAX_ENTRIES} locations; left out.`
  return { part: {}, warnings: [tooMany(field, text)] }
}
