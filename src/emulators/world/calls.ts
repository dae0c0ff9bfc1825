import { between, pick, type Random, randomOf } from '../random.ts'
import { GROUPS, NUMBERS, PEOPLE, TAGS } from './company.ts'
import { callingNumber } from './customers.ts'
import { phoneOf } from './phones.ts'
import { phoneSlot } from './slots.ts'
import type { WorldCall, WorldContact, WorldCustomer } from './world.ts'

/** Calls ended over this long before now. */
const SPREAD_MS = 6 * 24 * 3_600_000

const NOTES = [
  'Asked about the invoice',
  'Wants a call back on Monday',
  'Parcel was late & damaged',
  'Happy',
] as const

type Outcome = Pick<WorldCall, 'direction' | 'outcome'>

const outcomeOf = (random: Random): Outcome => {
  const roll = random()
  if (roll < 0.4) return { direction: 'incoming', outcome: 'answered' }
  if (roll < 0.58) return { direction: 'incoming', outcome: 'missed' }
  if (roll < 0.68) return { direction: 'incoming', outcome: 'voicemail' }
  if (roll < 0.85) return { direction: 'outgoing', outcome: 'answered' }
  if (roll < 0.95) return { direction: 'outgoing', outcome: 'missed' }
  return { direction: 'internal', outcome: 'answered' }
}

/** Somebody with a number: mostly customers, then contacts, then strangers. */
const partyOf = (
  random: Random,
  seed: number,
  index: number,
  customers: readonly WorldCustomer[],
  contacts: readonly WorldContact[],
): Pick<WorldCall, 'external' | 'with'> => {
  const roll = random()
  const customer = roll < 0.75 ? customers[Math.floor(random() * customers.length)] : undefined
  const phone = customer && callingNumber(customer, random)
  if (customer && phone) return { external: phone, with: customer.key }
  const contact = roll < 0.85 ? contacts[Math.floor(random() * contacts.length)] : undefined
  const number = contact?.variant === 'clean' ? contact.numbers[0] : undefined
  if (contact && number) return { external: number, with: contact.key }
  return { external: phoneOf(seed, phoneSlot.stranger(index)) }
}

/** The index-th of `count` calls, in the order in which they ended. */
export const callOf = (
  seed: number,
  index: number,
  count: number,
  now: number,
  customers: readonly WorldCustomer[],
  contacts: readonly WorldContact[],
): WorldCall => {
  const random = randomOf(seed, 3, index)
  const { direction, outcome } = outcomeOf(random)
  const number = pick(random, [NUMBERS[0], ...NUMBERS.slice(1)])
  const answered = outcome === 'answered'
  const talkingTime = answered ? between(random, 5, 900) : 0
  const waitingTime = between(random, 2, 90)
  const person = PEOPLE[between(random, 0, PEOPLE.length - 1)]
  const endedAt = Math.floor(now - 60_000 - (SPREAD_MS * (count - 1 - index + random() * 0.9)) / count)
  const answeredAt = endedAt - talkingTime * 1000
  const colleague = PEOPLE.find(({ key }) => key !== person?.key)
  return {
    key: `call-${index + 1}`,
    direction,
    outcome,
    ...(direction === 'internal'
      ? { external: colleague?.extension ?? '1001' }
      : partyOf(random, seed, index, customers, contacts)),
    number: number?.key ?? 'number-1',
    ...(person && (answered || direction === 'outgoing') ? { person: person.key } : {}),
    ...(direction === 'incoming' && random() < 0.8 ? { group: number?.group ?? GROUPS[0]?.key ?? '' } : {}),
    startedAt: new Date(answeredAt - waitingTime * 1000).toISOString(),
    ...(answered ? { answeredAt: new Date(answeredAt).toISOString() } : {}),
    endedAt: new Date(endedAt).toISOString(),
    talkingTime,
    waitingTime,
    wrapupTime: answered ? between(random, 0, 40) : 0,
    notes: random() < 0.25 ? [pick(random, NOTES)] : [],
    tags: random() < 0.3 ? TAGS.slice(between(random, 0, 2), between(random, 3, 4)) : [],
    ...(answered && random() < 0.2 ? { rating: between(random, 1, 5) } : {}),
    recorded: answered ? random() < 0.7 : outcome === 'voicemail',
  }
}
