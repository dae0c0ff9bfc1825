import type { ContactFields, E164 } from './records.ts'
import { isPlaceholderName, nameKey } from './text.ts'

/** By what a customer finds the contact that it belongs to (requirements §1, Merging). */
export const matchingSettings = ['phone-or-name', 'phone', 'email', 'phone-and-email', 'none'] as const

export type Matching = (typeof matchingSettings)[number]

export type MatchedBy = 'phone' | 'email' | 'name'

/** In order of precedence. */
const matchedBy: { [M in Matching]: readonly MatchedBy[] } = {
  'phone-or-name': ['phone', 'name'],
  phone: ['phone'],
  email: ['email'],
  'phone-and-email': ['phone', 'email'],
  none: [],
}

/** Whether a phone and an email must both agree. */
export const needsBoth = (matching: Matching): boolean => matching === 'phone-and-email'

export interface MatchKeys {
  phones: E164[]
  /** Lower case. */
  emails: string[]
  /** Absent where names do not count, and for a name that says nothing about who it is. */
  name?: string
}

/** What to look for; empty where the setting does not ask for it. */
export const matchKeys = (
  fields: Pick<ContactFields, 'name' | 'numbers' | 'emails'>,
  matching: Matching,
): MatchKeys => {
  const by = matchedBy[matching]
  const named = by.includes('name') && !isPlaceholderName(fields.name)
  const emails = fields.emails.map((email) => email.trim().toLowerCase()).filter((email) => email !== '')
  return {
    phones: by.includes('phone') ? [...new Set(fields.numbers)] : [],
    emails: by.includes('email') ? [...new Set(emails)] : [],
    ...(named && { name: nameKey(fields.name) }),
  }
}

export interface MatchCandidate {
  contactId: string
  by: MatchedBy
}

export type MatchDecision =
  | { kind: 'match'; contactId: string; by: MatchedBy }
  /** None of them is merged; a person decides. */
  | { kind: 'ambiguous-name'; contactIds: string[] }
  | { kind: 'none' }

/** CloudTalk counts its ids up, so the smaller number is the contact that was there first. */
const olderFirst = (one: string, other: string): number =>
  one.length - other.length || (one < other ? -1 : one > other ? 1 : 0)

/**
 * The contact among those found; what was found first makes no difference. Of several with the same phone or email
 * the oldest survives; of several with only the same name none is taken.
 */
export const decideMatch = (candidates: readonly MatchCandidate[], matching: Matching): MatchDecision => {
  const found = (by: MatchedBy): string[] =>
    [...new Set(candidates.filter((one) => one.by === by).map(({ contactId }) => contactId))].sort(olderFirst)
  if (needsBoth(matching)) {
    const emails = new Set(found('email'))
    const contactId = found('phone').find((id) => emails.has(id))
    return contactId === undefined ? { kind: 'none' } : { kind: 'match', contactId, by: 'phone' }
  }
  for (const by of matchedBy[matching]) {
    const contactIds = found(by)
    const [contactId] = contactIds
    if (contactId === undefined) continue
    if (by === 'name' && contactIds.length > 1) return { kind: 'ambiguous-name', contactIds }
    return { kind: 'match', contactId, by }
  }
  return { kind: 'none' }
}
