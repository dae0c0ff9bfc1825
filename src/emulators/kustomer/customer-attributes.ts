import type { Attributes } from './resource.ts'
import type { CustomerWrite } from './schemas/customer.ts'
import type { KustomerSwitches } from './switches.ts'

type Item<T> = T & { verified?: boolean }
export type ConversationCounts = { done: number; open: number; snoozed: number; all: number }

/** Attributes of a customer, those that something here reads by name; the rest are carried along. */
export type CustomerAttributes = Attributes & {
  name: string | null
  displayName: string
  externalId: string | null
  externalIds: Item<{ externalId: string }>[]
  sharedExternalIds: Item<{ externalId: string }>[]
  emails: Item<{ type?: string; email: string }>[]
  sharedEmails: Item<{ type?: string; email: string }>[]
  phones: Item<{ type?: string; phone: string }>[]
  sharedPhones: Item<{ type?: string; phone: string }>[]
  whatsapps: Item<{ type?: string; phone: string }>[]
  sharedWhatsapps: Item<{ type?: string; phone: string }>[]
  socials: Item<{ type: string; username: string }>[]
  sharedSocials: Item<{ type: string; username: string }>[]
  urls: { type?: string; url: string }[]
  locations: Record<string, unknown>[]
  tags: string[]
  conversationCounts: ConversationCounts
  createdAt: string
  updatedAt: string
  modifiedAt: string
  rev: number
}

/** What a customer has when nobody wrote anything (contract §2.3, writable part). */
const UNWRITTEN = {
  name: null,
  externalId: null,
  username: null,
  signedUpAt: null,
  lastCustomerActivityAt: null,
  lastSeenAt: null,
  avatarUrl: null,
  externalIds: [],
  sharedExternalIds: [],
  emails: [],
  sharedEmails: [],
  phones: [],
  sharedPhones: [],
  whatsapps: [],
  facebookIds: [],
  instagramIds: [],
  socials: [],
  sharedSocials: [],
  urls: [],
  locations: [],
  locale: null,
  timeZone: null,
  tags: [],
  sentiment: null,
  custom: {},
  birthdayAt: null,
  gender: null,
  defaultLang: null,
}

/** Response-only attributes at birth (contract §2.3, "response-only"). */
const DERIVED = {
  displayColor: 'purple',
  displayIcon: 'user',
  sharedWhatsapps: [],
  activeUsers: [],
  watchers: [],
  deleted: false,
  lastMessageIn: {},
  lastMessageOut: {},
  lastMessageUnrespondedTo: {},
  lastConversation: { channels: [], tags: [] },
  conversationCounts: { done: 0, open: 0, snoozed: 0, all: 0 },
  preview: {},
  progressiveStatus: null,
  verified: false,
  recentItems: [],
  satisfactionLevel: { firstSatisfaction: { sentByTeams: [] }, lastSatisfaction: { sentByTeams: [] } },
  roleGroupVersions: [],
  accessOverride: [],
  rev: 0,
}

export const NEW_CUSTOMER = { ...UNWRITTEN, ...DERIVED }

/** A full update clears what it does not mention (contract §2.2). */
export const replacedCustomer = (previous: CustomerAttributes): CustomerAttributes => ({
  ...previous,
  ...UNWRITTEN,
})

/** The attributes that a body sets, as they are stored. Lists replace the whole list (contract §2.2). */
export function writtenAttributes(
  { company: _company, rev: _rev, tags: _tags, ...body }: CustomerWrite,
  previous: { externalId: string | null; externalIds: { externalId: string }[] },
  switches: KustomerSwitches,
): Attributes {
  const phone = (value: string) =>
    switches.normalisePhones && !value.startsWith('+') && !value.startsWith('whatsapp:') ? `+${value}` : value
  const emails = body.emails?.map((item) => ({
    type: 'home',
    verified: false,
    externalVerified: false,
    ...item,
  }))
  const phones = body.phones?.map((item) => ({
    type: 'mobile',
    verified: false,
    ...item,
    phone: phone(item.phone),
  }))
  const sharedPhones = body.sharedPhones?.map((item) => ({
    type: 'mobile',
    verified: false,
    ...item,
    phone: phone(item.phone),
  }))
  const sharedEmails = body.sharedEmails?.map((item) => ({ type: 'home', verified: false, ...item }))
  const whatsapps = body.whatsapps?.map((item) => ({ type: 'mobile', verified: false, ...item }))
  return {
    ...body,
    ...(emails && { emails }),
    ...(phones && { phones }),
    ...(sharedPhones && { sharedPhones }),
    ...(sharedEmails && { sharedEmails }),
    ...(whatsapps && { whatsapps }),
    ...externalIdsOf(body, previous),
  }
}

/** `externalId: "6"` also shows as `externalIds: [{verified: true, externalId: "6"}]` (contract §2.3, observed). */
function externalIdsOf(
  { externalId, externalIds }: CustomerWrite,
  previous: { externalId: string | null; externalIds: { externalId: string }[] },
): Attributes {
  if (externalId === undefined && externalIds === undefined) return {}
  const listed = externalIds?.map((item) => ({ verified: false, ...item }))
  const others = (listed ?? previous.externalIds).filter(
    (item) =>
      item.externalId !== externalId && (listed !== undefined || item.externalId !== previous.externalId),
  )
  if (typeof externalId === 'string') {
    return { externalId, externalIds: [{ verified: true, externalId }, ...others] }
  }
  const first = others[0]?.externalId ?? null
  return { externalId: externalId === null ? null : first, externalIds: others }
}

/** The names that follow from the rest; an empty name falls back to an email (contract §2.3, observed). */
export function withDerived(attributes: CustomerAttributes, companyName: string | null): CustomerAttributes {
  const { name, emails, phones } = attributes
  const [firstName = null, ...rest] = name?.trim().split(/\s+/).filter(Boolean) ?? []
  return {
    ...attributes,
    displayName: name?.trim() || emails[0]?.email || phones[0]?.phone || 'Unknown',
    firstName,
    lastName: rest.length > 0 ? rest.join(' ') : null,
    companyName,
  }
}
