import { between, randomOf } from '../random.ts'
import { locationIn } from './addresses.ts'
import { COMPANIES, PEOPLE, TAGS } from './company.ts'
import { mailboxOf, nameOf } from './names.ts'
import { homeOf, invalidPhoneOf, phoneOf } from './phones.ts'
import { nameSlot, phoneSlot } from './slots.ts'
import type { ContactVariant, WorldContact, WorldCustomer } from './world.ts'

/** Which contact of every twenty is what; all others are clean. */
const VARIANTS: Readonly<Record<number, ContactVariant>> = {
  3: 'phone-of-customer',
  5: 'no-number',
  7: 'invalid-number',
  9: 'email-of-customer',
  11: 'ampersand',
  13: 'some-invalid-numbers',
}
const PERIOD = 20

const HISTORY_MS = 300 * 24 * 3_600_000

/** Above the invalid numbers of any customer, so that nobody shares one. */
const INVALID_FROM = 50_000_000

/** @param customers Clean ones, whose phones and emails the contacts that match somebody take. */
export const contactOf = (
  seed: number,
  index: number,
  now: number,
  customers: readonly WorldCustomer[],
): WorldContact => {
  const random = randomOf(seed, 2, index)
  const slot = phoneSlot.contact(index)
  const name = nameOf(nameSlot.contact(index))
  const { address = '', cityName, zipCode, regionName, regionCode } = locationIn(random, homeOf(slot), 'work')
  const createdAt = now - Math.floor(random() * HISTORY_MS) - 60_000
  const clean: WorldContact = {
    key: `contact-${index + 1}`,
    variant: 'clean',
    name,
    title: random() < 0.3 ? 'Dr.' : '',
    company: random() < 0.5 ? (COMPANIES[between(random, 0, COMPANIES.length - 2)]?.name ?? '') : '',
    industry: random() < 0.3 ? 'retail' : '',
    website: random() < 0.3 ? `https://${mailboxOf(name, index).replaceAll('.', '-')}.example` : '',
    address,
    city: cityName ?? '',
    zip: zipCode ?? '',
    state: regionName ?? regionCode ?? '',
    country: random() < 0.8 ? homeOf(slot) : '',
    ...(random() < 0.4 ? { favoriteAgent: PEOPLE[between(random, 0, PEOPLE.length - 1)]?.key ?? '' } : {}),
    numbers: [
      phoneOf(seed, slot),
      ...(random() < 0.2 ? [phoneOf(seed, phoneSlot.contactSecond(index))] : []),
    ],
    emails: random() < 0.7 ? [`${mailboxOf(name, index)}@contact.example`] : [],
    tags: random() < 0.3 ? TAGS.slice(0, between(random, 1, 2)) : [],
    createdAt: new Date(createdAt).toISOString(),
    modifiedAt: new Date(createdAt + Math.floor(random() * (now - createdAt))).toISOString(),
  }
  return { ...clean, ...differences(VARIANTS[index % PERIOD], clean, index, customers) }
}

const differences = (
  variant: ContactVariant | undefined,
  clean: WorldContact,
  index: number,
  customers: readonly WorldCustomer[],
): Partial<WorldContact> => {
  const invalid = invalidPhoneOf(INVALID_FROM + index)
  // Every third customer, so that several contacts do not meet the same one.
  const met = customers[index * 3]
  const phone = met?.phones[0]?.phone
  const email = met?.emails[0]?.email
  switch (variant) {
    case 'no-number':
      return { variant, numbers: [], emails: [`${mailboxOf(clean.name, index)}@contact.example`] }
    case 'invalid-number':
      return { variant, numbers: [invalid] }
    case 'some-invalid-numbers':
      return { variant, numbers: [invalid, ...clean.numbers] }
    case 'phone-of-customer':
      return met && phone ? { variant, numbers: [phone], matches: met.key } : {}
    case 'email-of-customer':
      return met && email ? { variant, emails: [email.toUpperCase()], matches: met.key } : {}
    case 'ampersand':
      return { variant, name: `${clean.name} & <Co.> "Ltd"` }
    default:
      return {}
  }
}
