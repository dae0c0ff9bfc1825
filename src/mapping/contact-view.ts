import type { ContactLookups } from './contact-from-customer.ts'
import { customerFromContact, sharedFromCustomer } from './customer-from-contact.ts'
import { type CustomerLookups, emptyCustomer } from './customer-record.ts'
import { sameEmail, uniqueEmails } from './emails.ts'
import { parsePhone } from './phones.ts'
import type { SharedFields } from './shared-fields.ts'

type BothLookups = CustomerLookups & Pick<ContactLookups, 'countryId'>

/**
 * A contact's fields in the words of a customer that was made from it: without numbers that do not exist, a website
 * with its scheme, texts within both vendors' limits. Compared so, what only one vendor can hold is no difference,
 * and our own write coming back is no change.
 *
 * @param known what the customer says now and, last, what was last synced: a value from there is left as it is.
 */
export const contactAsCustomer = (
  contact: SharedFields,
  known: readonly SharedFields[],
  lookups: BothLookups,
): SharedFields => {
  const { body } = customerFromContact({ ...contact, id: '' }, lookups)
  const seen = sharedFromCustomer({ ...emptyCustomer, ...body }, lookups)
  const asKnown = <F extends keyof SharedFields>(field: F): SharedFields[F] =>
    known.some((fields) => fields[field] === contact[field]) ? contact[field] : seen[field]
  /** What no customer can hold says nothing about what the customers are to say. */
  const asHeld = (field: 'website' | 'countryId'): string | null => {
    const value = asKnown(field)
    return value === null && contact[field] ? (known.at(-1)?.[field] ?? null) : value
  }
  // Several customers together hold more than one has room for.
  const knownNumbers = known.flatMap((fields) => fields.numbers)
  const knownEmails = known.flatMap(({ emails }) => emails)
  const holds = (emails: string[], email: string) => emails.some((one) => sameEmail(one, email))
  const numbers = contact.numbers.flatMap((number) => parsePhone(number) ?? [])
  return {
    // A customer without a name shows its email or phone instead; the contact's own name says more.
    name: body.name === undefined ? contact.name : asKnown('name'),
    numbers: [...new Set(numbers)].filter(
      (number) => knownNumbers.includes(number) || seen.numbers.includes(number),
    ),
    emails: uniqueEmails(
      contact.emails.filter((email) => holds(seen.emails, email) || holds(knownEmails, email)),
    ),
    website: asHeld('website'),
    address: asKnown('address'),
    city: asKnown('city'),
    zip: asKnown('zip'),
    state: asKnown('state'),
    countryId: asHeld('countryId'),
  }
}

/**
 * A write to a contact that was compared as `seen`: the numbers and emails that the customer cannot hold go on
 * standing there, for CloudTalk replaces the whole list.
 */
export const keepUnshared = (
  toContact: Partial<SharedFields>,
  contact: SharedFields,
  seen: SharedFields,
): Partial<SharedFields> => {
  const seenEmails = new Set(seen.emails.map((email) => email.toLowerCase()))
  const own = {
    numbers: contact.numbers.filter((number) => !seen.numbers.includes(parsePhone(number) ?? number)),
    emails: contact.emails.filter((email) => !seenEmails.has(email.trim().toLowerCase())),
  }
  return {
    ...toContact,
    ...(toContact.numbers && { numbers: [...new Set([...toContact.numbers, ...own.numbers])] }),
    ...(toContact.emails && { emails: [...new Set([...toContact.emails, ...own.emails])] }),
  }
}
