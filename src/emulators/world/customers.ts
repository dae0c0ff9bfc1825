import { between, pick, type Random, randomOf } from '../random.ts'
import { locationIn } from './addresses.ts'
import { COMPANIES, PEOPLE } from './company.ts'
import { mailboxOf, nameOf } from './names.ts'
import { homeOf, invalidPhoneOf, phoneOf } from './phones.ts'
import { nameSlot, phoneSlot } from './slots.ts'
import type { CustomerVariant, WorldCustomer } from './world.ts'

/** Which customer of every fifty is what; all others are clean. */
const VARIANTS: Readonly<Record<number, CustomerVariant>> = {
  3: 'no-phone',
  5: 'ampersand',
  7: 'shared-phone',
  9: 'bare-phone',
  11: 'invalid-phones',
  13: 'same-name',
  15: 'whatsapp-only',
  17: 'long-name',
  19: 'shared-email',
  21: 'some-invalid-phones',
  23: 'shared-whatsapp',
  25: 'empty-name',
  27: 'long-fields',
  29: 'same-name-no-phone',
  31: 'repeated-phone',
}
const PERIOD = 50

/** Customers came into being over this long before now. */
const HISTORY_MS = 400 * 24 * 3_600_000

/** 200 characters, so that two lines overflow CloudTalk's 255 of an address (contract §2.3). */
const LONG_LINE = 'c/o The Keeper of the Keys, '.repeat(8).slice(0, 200)

const customerKey = (index: number): string => `customer-${index + 1}`

/** @returns the customer that every world of this seed has at `index`, however many others there are. */
export const customerOf = (seed: number, index: number, now: number): WorldCustomer => {
  const random = randomOf(seed, 1, index)
  const base = cleanCustomer(seed, index, now, random)
  const variant = VARIANTS[index % PERIOD] ?? 'clean'
  return { ...base, ...differences(variant, base, seed, index), variant }
}

const cleanCustomer = (seed: number, index: number, now: number, random: Random): WorldCustomer => {
  const slot = phoneSlot.customer(index)
  const name = nameOf(nameSlot.customer(index))
  const home = homeOf(slot)
  const site = `https://www.${mailboxOf(name, index).replaceAll('.', '-')}.example`
  const createdAt = now - Math.floor(random() * HISTORY_MS) - 60_000
  return {
    key: customerKey(index),
    variant: 'clean',
    name,
    phones: [
      { phone: phoneOf(seed, slot), type: random() < 0.5 ? 'mobile' : 'work' },
      ...(random() < 0.2
        ? [{ phone: phoneOf(seed, phoneSlot.customerSecond(index)), type: 'work' as const }]
        : []),
    ],
    emails: [
      ...(random() < 0.9 ? [{ email: `${mailboxOf(name, index)}@mail.example`, type: 'home' as const }] : []),
      ...(random() < 0.2 ? [{ email: `${mailboxOf(name, index)}@work.example`, type: 'work' as const }] : []),
    ],
    whatsapps:
      random() < 0.15
        ? [{ phone: `whatsapp:${phoneOf(seed, phoneSlot.whatsapp(index))}`, type: 'mobile' }]
        : [],
    sharedPhones: [],
    sharedEmails: [],
    sharedWhatsapps: [],
    urls: [
      ...(random() < 0.2 ? [{ url: `${site}/blog`, type: 'blog' as const }] : []),
      ...(random() < 0.2 ? [{ url: `${site}/plain` }] : []),
      ...(random() < 0.5 ? [{ url: site, type: 'website' as const }] : []),
    ],
    locations: [
      ...(random() < 0.4 ? [locationIn(random, home, 'home')] : []),
      ...(random() < 0.7 ? [locationIn(random, home, 'work')] : []),
    ],
    ...(random() < 0.6 ? { company: `company-${between(random, 1, COMPANIES.length - 1)}` } : {}),
    createdBy: random() < 0.3 ? 'machine' : (PEOPLE[between(random, 0, PEOPLE.length - 1)]?.key ?? 'machine'),
    createdAt: new Date(createdAt).toISOString(),
    modifiedAt: new Date(createdAt + Math.floor(random() * (now - createdAt))).toISOString(),
  }
}

const differences = (
  variant: CustomerVariant,
  { name, phones }: WorldCustomer,
  seed: number,
  index: number,
): Partial<WorldCustomer> => {
  const shared = phoneOf(seed, phoneSlot.shared(index))
  const whatsapp = { phone: `whatsapp:${phoneOf(seed, phoneSlot.whatsapp(index))}`, type: 'mobile' as const }
  const invalid = [
    { phone: invalidPhoneOf(index * 2) },
    { phone: invalidPhoneOf(index * 2 + 1), type: 'work' as const },
  ]
  const email = { email: `${mailboxOf(name, index)}@mail.example`, type: 'home' as const }
  const earlier = (back: number) => ({
    sameNameAs: customerKey(index - back),
    name: nameOf(nameSlot.customer(index - back)),
  })
  switch (variant) {
    case 'clean':
      return {}
    case 'no-phone':
      return { phones: [], whatsapps: [], emails: [email] }
    case 'invalid-phones':
      return { phones: invalid }
    case 'some-invalid-phones':
      return { phones: [...invalid.slice(0, 1), ...phones] }
    case 'whatsapp-only':
      return { phones: [], whatsapps: [whatsapp] }
    case 'shared-email':
      return { sharedEmails: [{ email: `reception.${index}@shared.example`, type: 'work' }] }
    case 'shared-phone':
      return { sharedPhones: [{ phone: shared, type: 'work' }] }
    case 'shared-whatsapp':
      return { sharedWhatsapps: [{ phone: `whatsapp:${shared}`, type: 'mobile' }] }
    case 'long-name':
      return { name: `${name} ${'of the House of the Seven Hills '.repeat(6)}`.slice(0, 190).trim() }
    case 'long-fields':
      return {
        company: `company-${COMPANIES.length}`,
        urls: [{ url: `https://long.example/${'path-'.repeat(30)}${index}`, type: 'website' }],
        locations: [
          {
            type: 'work',
            address: LONG_LINE,
            address2: LONG_LINE,
            zipCode: 'A ZIP CODE FAR TOO LONG',
            countryCode: 'GB',
          },
        ],
      }
    case 'empty-name':
      return { name: '', emails: [email] }
    case 'same-name':
      return earlier(1)
    case 'same-name-no-phone':
      return { ...earlier(1), phones: [], emails: [email] }
    case 'ampersand':
      return { name: `${name} & <Söhne> "GmbH"` }
    case 'bare-phone':
      return {
        phones: phones.map(({ phone, type }) => ({ phone: phone.slice(1), ...(type ? { type } : {}) })),
      }
    case 'repeated-phone':
      return { phones: [...phones, ...phones.slice(0, 1).map(({ phone }) => ({ phone: phone.slice(1) }))] }
  }
}

/** Which of its numbers a customer calls from, if any that is valid and its own alone. */
export const callingNumber = ({ phones, whatsapps }: WorldCustomer, random: Random): string | undefined => {
  const own = [...phones, ...whatsapps]
    .map(({ phone }) => `+${phone.replace(/^whatsapp:/, '').replace(/^\+/, '')}`)
    .filter((phone) => !phone.startsWith('+999'))
  const [first, ...others] = own
  return first === undefined ? undefined : pick(random, [first, ...others])
}
