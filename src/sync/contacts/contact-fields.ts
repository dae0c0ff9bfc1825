import type { Contact, ContactWrite } from '../../cloudtalk/index.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { ContactFields } from '../../mapping/records.ts'

/** The mapped fields of a contact as CloudTalk shows it. */
export function fieldsOfContact(contact: Contact): ContactFields {
  return {
    name: contact.name,
    company: contact.company ?? null,
    website: contact.website ?? null,
    address: contact.address ?? null,
    city: contact.city ?? null,
    zip: contact.zip ?? null,
    state: contact.state ?? null,
    countryId: contact.countryId ?? null,
    favoriteAgentId: contact.favoriteAgentId ?? null,
    numbers: contact.numbers.flatMap((number) => wireNumber(number) ?? []),
    emails: contact.emails,
    externalUrls: contact.externalUrls,
  }
}

/** The fields that a new contact is made with: empty ones are not sent. */
export function filledPart(fields: ContactFields): ContactWrite {
  const filled = Object.entries(fields).filter(
    ([, value]) => value !== null && (!Array.isArray(value) || value.length > 0),
  )
  return Object.fromEntries(filled)
}
