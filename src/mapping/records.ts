/**
 * The records that mapping reads, in the vendors' own words: a *customer* is Kustomer's, a *contact* CloudTalk's.
 * They name only what is mapped; both clients' answers fit them as they are.
 */

export type E164 = `+${string}`

export interface CustomerLocation {
  type?: string | null
  address?: string | null
  address2?: string | null
  cityName?: string | null
  zipCode?: string | null
  regionName?: string | null
  regionCode?: string | null
  countryCode?: string | null
  countryName?: string | null
}

export interface Customer {
  id: string
  name?: string | null
  displayName?: string | null
  externalId?: string | null
  emails: { email: string; type?: string | null }[]
  phones: { phone: string; type?: string | null }[]
  whatsapps: { phone: string; type?: string | null }[]
  sharedEmails: { email: string }[]
  sharedPhones: { phone: string }[]
  sharedWhatsapps: { phone: string }[]
  urls: { url: string; type?: string | null }[]
  locations: CustomerLocation[]
  companyId?: string | null
  createdById?: string | null
  deleted?: boolean
  /** ISO UTC; moves on attribute edits only (contract kustomer §1.7). */
  modifiedAt?: string | null
}

/** The mapped fields of a contact; `null` = empty. Numbers are E.164 with `+`. */
export interface ContactFields {
  name: string
  company: string | null
  website: string | null
  address: string | null
  city: string | null
  zip: string | null
  state: string | null
  /** CloudTalk's own country id, as its countries list numbers them. */
  countryId: string | null
  favoriteAgentId: string | null
  numbers: E164[]
  emails: string[]
  externalUrls: { name: string; url: string }[]
}

export interface Country {
  id: string
  name: string
  countryCode?: string | undefined
  iso3?: string | undefined
}

/** What a CloudTalk call says (calls index), with the group name once the analytics detail has arrived. */
export interface Call {
  id: string
  type: 'incoming' | 'outgoing' | 'internal'
  externalNumber?: string
  internalNumber?: string
  isVoicemail: boolean
  recorded?: boolean
  /** Seconds. */
  talkingTime: number
  /** Seconds. */
  waitingTime: number
  /** ISO UTC. */
  startedAt?: string
  answeredAt?: string
  endedAt?: string
  recordingLink?: string
  contact?: { id: string; name?: string; favoriteAgent?: { email?: string } }
  agent?: { id: string; name?: string; email?: string }
  numberName?: string
  notes: string[]
  tags: string[]
  ratings: { type: string; rating: number }[]
}

/** What is learned about a call after it ended, each as it becomes available. */
export interface CallDetail {
  groupName?: string
  /** The IVR options that the caller pressed, in order; there, if empty, as soon as the call's way is known. */
  ivrPath?: string[]
  /** The agent of the last step of the call's way, whether or not that one took it. */
  lastAgentEmail?: string
  aiSummary?: string
  transcript?: TranscriptLine[]
}

export interface TranscriptLine {
  /** Seconds since the call's beginning. */
  start: number
  speaker: 'Agent' | 'Contact'
  text: string
}

/** An SMS or WhatsApp message, as CloudTalk's webhooks told it, with the names that its account has for the ids. */
export interface Message {
  id: string
  channel: 'sms' | 'whatsapp'
  direction: 'incoming' | 'outgoing'
  /** As typed, with its line breaks; empty where there is only media. */
  text: string
  externalNumber?: string
  internalNumber?: string
  numberName?: string
  agent?: { id: string; name?: string; email?: string }
  contact?: { id: string; name?: string }
  groupName?: string
  /** CloudTalk's own word: sent, delivered, failed. */
  deliveryStatus?: string
  /** Links. */
  media: string[]
  /** ISO UTC. */
  at: string
}
