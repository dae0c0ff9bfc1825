import { createHash } from 'node:crypto'
import type { World } from '../world/world.ts'
import { createContactBook } from './contact-book.ts'
import { type Attribute, type Store, tagNamed } from './store.ts'

/** First ids, in the size of the ones seen on the wire (contract §2.2, §5A). */
const FIRST = {
  contact: 1_450_000_001,
  call: 1_002_000_001,
  agent: 493_901,
  group: 568,
  number: 12_345,
  other: 700_001,
}

/** Made in the dashboard of a real account; some contacts have values, which a sync must not touch. */
const ATTRIBUTES: readonly Attribute[] = [
  { id: 10_133, title: 'Loyalty tier' },
  { id: 10_134, title: 'Shoe size' },
]

/** Stable per call id, in the shape of a version 4 uuid. */
export const callUuid = (id: number): string => {
  const hex = createHash('sha256').update(`call ${id}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const idsOf = (items: readonly { key: string }[], first: number): Map<string, number> =>
  new Map(items.map(({ key }, index) => [key, first + index]))

/** The account that holds this world's CloudTalk side. */
export const storeOf = (world: World): Store => {
  const agents = idsOf(world.people, FIRST.agent)
  const groups = idsOf(world.groups, FIRST.group)
  const numbers = idsOf(world.numbers, FIRST.number)
  const countries = new Map(world.countries.map(({ alpha2, id }) => [alpha2, id]))
  let next = FIRST.other

  const store: Store = {
    contacts: createContactBook(),
    calls: new Map(),
    agents: world.people.map(({ key, firstName, lastName, email, extension, number }) => ({
      id: agents.get(key) ?? 0,
      firstname: firstName,
      lastname: lastName,
      email,
      extension,
      call_number_id: numbers.get(number) ?? 0,
      availability_status: 'online',
    })),
    groups: world.groups.map(({ key, name, members }) => ({
      id: groups.get(key) ?? 0,
      internal_name: name,
      agent_ids: members.flatMap((member) => agents.get(member) ?? []),
    })),
    numbers: world.numbers.map(({ key, name, e164, callingCode, areaCode, group }) => ({
      id: numbers.get(key) ?? 0,
      internal_name: name,
      caller_id_e164: e164,
      country_code: callingCode,
      area_code: areaCode,
      source_id: groups.get(group) ?? 0,
    })),
    countries: world.countries.map(({ id, name, alpha2, alpha3, callingCode }) => ({
      id,
      name,
      country_code: alpha2,
      iso3: alpha3,
      calling_code: callingCode,
    })),
    attributes: [...ATTRIBUTES],
    tags: new Map(),
    notes: new Map(),
    activities: new Map(),
    messages: [],
    nextId: () => next++,
  }
  for (const name of world.tags) tagNamed(store, name)

  for (const [
    index,
    { key, variant, matches, country, favoriteAgent, createdAt, modifiedAt, ...same },
  ] of world.contacts.entries())
    store.contacts.put({
      ...same,
      id: FIRST.contact + index,
      country_id: countries.get(country) ?? null,
      favorite_agent: agents.get(favoriteAgent ?? '') ?? null,
      type: 'contact',
      external_urls: [],
      attributes: index % 3 === 0 ? [{ attribute_id: ATTRIBUTES[0]?.id ?? 0, value: 'Gold' }] : [],
      created: createdAt,
      modified: modifiedAt,
    })

  for (const [index, call] of world.calls.entries()) {
    const id = FIRST.call + index
    store.calls.set(id, {
      id,
      uuid: callUuid(id),
      type: call.direction,
      outcome: call.outcome,
      public_external: call.external,
      public_internal: world.numbers.find(({ key }) => key === call.number)?.e164 ?? '',
      contact_id: call.direction === 'internal' ? null : (store.contacts.byNumber(call.external)?.id ?? null),
      user_id: agents.get(call.person ?? '') ?? null,
      rung_agent_id: null,
      group_id: groups.get(call.group ?? '') ?? null,
      talking_time: call.talkingTime,
      waiting_time: call.waitingTime,
      wrapup_time: call.wrapupTime,
      started_at: call.startedAt,
      answered_at: call.answeredAt ?? null,
      ended_at: call.endedAt,
      recorded: call.recorded,
      recordingDeleted: false,
      notes: call.notes.map((note) => ({ id: store.nextId(), note })),
      tags: call.tags,
      rating: call.rating ?? null,
    })
  }
  return store
}

/** The id of a call that comes after all others. */
export const nextCallId = (store: Store): number => FIRST.call + store.calls.size

/** Contacts are numbered past the ones that were deleted, too. */
export const createContactIds = (store: Store): (() => number) => {
  let last = FIRST.contact - 1
  for (const { id } of store.contacts.all()) last = Math.max(last, id)
  return () => {
    last += 1
    return last
  }
}
