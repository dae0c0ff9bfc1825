import type { ContactBook } from './contact-book.ts'

/** Everything the emulated account holds. Numbers are E.164 with `+`, times ISO UTC, ids plain numbers. */
export type Store = {
  contacts: ContactBook
  calls: Map<number, Call>
  agents: Agent[]
  groups: Group[]
  numbers: CallNumber[]
  countries: Country[]
  attributes: Attribute[]
  tags: Map<number, Tag>
  notes: Map<number, Note>
  activities: Map<number, Activity>
  messages: Message[]
  /** The next free id of anything that has no sequence of its own. */
  nextId: () => number
}

export type Contact = {
  id: number
  name: string
  title: string
  company: string
  industry: string
  website: string
  address: string
  city: string
  zip: string
  state: string
  country_id: number | null
  favorite_agent: number | null
  type: 'contact'
  numbers: string[]
  emails: string[]
  /** Names. */
  tags: string[]
  external_urls: { name: string; url: string }[]
  attributes: { attribute_id: number; value: string }[]
  created: string
  modified: string
}

export type Call = {
  id: number
  uuid: string
  type: 'incoming' | 'outgoing' | 'internal'
  /** An outgoing `missed` call is one that nobody picked up. */
  outcome: 'answered' | 'missed' | 'voicemail'
  /** The other party; empty when withheld, an extension in internal calls. */
  public_external: string
  public_internal: string
  contact_id: number | null
  user_id: number | null
  /** The agent whom it rang last, of a call that nobody answered; rows do not tell, analytics does (§3.3). */
  rung_agent_id: number | null
  group_id: number | null
  /** Seconds, as the two below. */
  talking_time: number
  waiting_time: number
  wrapup_time: number
  started_at: string
  answered_at: string | null
  ended_at: string
  recorded: boolean
  recordingDeleted: boolean
  notes: { id: number; note: string }[]
  /** Names. */
  tags: string[]
  rating: number | null
}

export type Agent = {
  id: number
  firstname: string
  lastname: string
  email: string
  extension: string
  /** Id of the default outbound number. */
  call_number_id: number
  availability_status: 'online' | 'offline' | 'paused' | 'calling'
}

export type Group = { id: number; internal_name: string; agent_ids: number[] }

export type CallNumber = {
  id: number
  internal_name: string
  caller_id_e164: string
  country_code: string
  area_code: string
  /** Id of the group it rings. */
  source_id: number
}

export type Country = { id: number; name: string; country_code: string; iso3: string; calling_code: string }

export type Attribute = { id: number; title: string }

export type Tag = { id: number; name: string }

export type Note = { id: number; contact_id: number; user_id: number | null; note: string; created: string }

export type Activity = {
  id: number
  contact_id: number
  type: string
  name: string
  description: string
  activity_author: string
  external_id: number | null
  external_url: string
  activity_date: string
  created: string
}

export type Message = {
  id: number
  channel: 'sms' | 'whatsapp'
  direction: 'incoming' | 'outgoing'
  text: string
  external_number: string
  internal_number: string
  agent_id: number | null
  contact_id: number | null
  /** Links. */
  media: string[]
  status: string
  at: string
}

/** The tag of that name, made when it is new: names on contacts and calls create tags on the fly (§2.3). */
export const tagNamed = (store: Store, name: string): Tag => {
  for (const tag of store.tags.values()) if (tag.name === name) return tag
  const tag = { id: store.nextId(), name }
  store.tags.set(tag.id, tag)
  return tag
}
