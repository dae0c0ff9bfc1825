import { isDeepStrictEqual } from 'node:util'
import { sameEmail, uniqueEmails } from './emails.ts'
import type { ContactFields } from './records.ts'

const sameEmails = (one: string[], other: string[]): boolean =>
  one.length === other.length && one.every((email, at) => sameEmail(email, other[at] ?? ''))

/** The fields to write: those whose value differs from the last one, all when there is none, `{}` when equal. */
export const contactChanges = (
  desired: ContactFields,
  last: ContactFields | undefined,
): Partial<ContactFields> => {
  if (!last) return { ...desired }
  const same = (field: keyof ContactFields): boolean =>
    field === 'emails'
      ? sameEmails(desired.emails, last.emails)
      : isDeepStrictEqual(desired[field], last[field])
  const fields = Object.keys(desired) as (keyof ContactFields)[]
  return Object.fromEntries(fields.filter((field) => !same(field)).map((field) => [field, desired[field]]))
}

/** Joins a customer to a contact that is there: numbers and emails are the union, the contact's first. */
export const mergeIntoExisting = (
  existing: Pick<ContactFields, 'numbers' | 'emails'>,
  desired: ContactFields,
): ContactFields => ({
  ...desired,
  numbers: [...new Set([...existing.numbers, ...desired.numbers])],
  emails: uniqueEmails([...existing.emails, ...desired.emails]),
})
