import { callAgent } from './agents.ts'
import { type FieldErrors, invalid } from './answers.ts'
import { type Account, type ApiRequest, type Handler, idOf } from './api.ts'
import { page } from './pages.ts'
import { isUploaded } from './recordings.ts'
import { type Call, type Contact, tagNamed } from './store.ts'
import { numeric, offsetDate, orNull, withoutPlus } from './wire.ts'

/** Nobody talked: also voicemail and outgoing calls that were not picked up (§3.2, undecided by the sources). */
const isMissed = (call: Call): boolean => call.talking_time === 0

/** `2017-12-24 12:22:00` is taken as UTC, ISO forms as they say (§1.5). @returns NaN when unreadable. */
const timeOf = (text: string): number =>
  Date.parse(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text)

const TYPES = ['incoming', 'outgoing', 'internal']
const STATUSES = ['missed', 'answered']

type Filter = (call: Call) => boolean

const filtersOf = ({ store }: Account, { query }: ApiRequest): { filters: Filter[]; errors: FieldErrors } => {
  const filters: Filter[] = []
  const errors: FieldErrors = {}
  const asked = (name: string, filterOf: (value: string) => Filter | undefined) => {
    const value = query.get(name) ?? ''
    if (value === '') return
    const filter = filterOf(value)
    if (filter) filters.push(filter)
    else errors[name] = ['Please supply a valid value.']
  }
  const dated = (fits: (startedAt: string, bound: string) => boolean) => (value: string) => {
    const bound = timeOf(value)
    if (Number.isNaN(bound)) return undefined
    const iso = new Date(bound).toISOString()
    return (call: Call) => fits(call.started_at, iso)
  }
  const digits = (text: string) => withoutPlus(text.trim())
  asked('public_internal', (value) => (call) => digits(call.public_internal) === digits(value))
  asked('public_external', (value) => (call) => digits(call.public_external) === digits(value))
  asked(
    'date_from',
    dated((startedAt, bound) => startedAt >= bound),
  )
  asked(
    'date_to',
    dated((startedAt, bound) => startedAt <= bound),
  )
  asked('contact_id', (value) => (call) => call.contact_id === idOf(value))
  asked('user_id', (value) => (call) => call.user_id === idOf(value))
  asked('agent_extension', (value) => (call) => {
    const agent = store.agents.find(({ extension }) => extension === value)
    return agent !== undefined && call.user_id === agent.id
  })
  asked('type', (value) => (TYPES.includes(value) ? (call) => call.type === value : undefined))
  asked('status', (value) =>
    STATUSES.includes(value) ? (call) => isMissed(call) === (value === 'missed') : undefined,
  )
  asked('tag_id', (value) => (call) => call.tags.includes(store.tags.get(idOf(value))?.name ?? ''))
  asked('call_id', (value) => (call) => call.id === idOf(value))
  return { filters, errors }
}

/** GET /calls/index.json: newest first; neither uuid nor status nor group is in a row (§3.1). */
export const indexCalls: Handler = (account, request) => {
  const { filters, errors } = filtersOf(account, request)
  if (Object.keys(errors).length > 0) return invalid(errors)
  const calls = [...account.store.calls.values()]
    .filter((call) => filters.every((fits) => fits(call)))
    // ISO times of one zone compare as texts.
    .sort((a, b) => (a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : b.id - a.id))
  return page(account, request, calls, (call) => callRow(account, call))
}

const callRow = (account: Account, call: Call) => {
  const { store } = account
  const number = store.numbers.find(({ caller_id_e164 }) => caller_id_e164 === call.public_internal)
  return {
    Cdr: cdr(account, call),
    Contact: callContact(account, call.contact_id === null ? undefined : store.contacts.get(call.contact_id)),
    Ratings: call.rating === null ? [] : [{ id: String(call.id), type: 'contact', rating: call.rating }],
    BillingCall: { price: '0.000000' },
    Notes: call.notes.map(({ id, note }) => ({ id: String(id), note })),
    Tags: call.tags.map((name) => ({ id: String(tagNamed(store, name).id), name })),
    Agent: callAgent(
      store,
      store.agents.find(({ id }) => id === call.user_id),
    ),
    CallNumber: {
      id: numeric(number?.id ?? null),
      internal_name: number?.internal_name ?? null,
      caller_id_e164: call.public_internal,
      country_code: number?.country_code ?? null,
      area_code: number?.area_code ?? null,
    },
  }
}

/** Numbers are strings here, except the two times that the published example shows as numbers (§3.1). */
const cdr = (account: Account, call: Call) => {
  const link = recordingLink(account, call)
  return {
    id: String(call.id),
    billsec: String(call.talking_time),
    type: call.type,
    public_external: call.public_external,
    public_internal: call.public_internal,
    recorded: call.recorded,
    is_voicemail: call.outcome === 'voicemail',
    fax_email: '0',
    is_redirected: '0',
    redirected_from: '',
    transferred_from: '',
    is_local: call.public_external.slice(0, 3) === call.public_internal.slice(0, 3),
    user_id: numeric(call.user_id),
    talking_time: String(call.talking_time),
    waiting_time: call.waiting_time,
    wrapup_time: call.wrapup_time,
    started_at: offsetDate(call.started_at),
    answered_at: call.answered_at === null ? null : offsetDate(call.answered_at),
    ended_at: offsetDate(call.ended_at),
    ...(link && { recording_link: link }),
  }
}

const recordingLink = (account: Account, call: Call): string | undefined => {
  const { switches } = account
  const { id, recorded, talking_time } = call
  if (switches().recordingLinkDelayed && !isUploaded(account, call)) return undefined
  if (switches().recordingLink === 'play') return `https://my.cloudtalk.io/r/play/${id}`
  return recorded && talking_time > 0 ? `https://analytics.cloudtalk.io/call-details/${id}` : undefined
}

/** The contact inside a call has other names than the contacts API; a stranger is full of nulls, like an absent agent. */
const callContact = ({ store }: Account, contact: Contact | undefined) => ({
  id: contact ? String(contact.id) : null,
  name: contact?.name ?? null,
  title: orNull(contact?.title ?? ''),
  company: orNull(contact?.company ?? ''),
  industry: orNull(contact?.industry ?? ''),
  address: orNull(contact?.address ?? ''),
  city: orNull(contact?.city ?? ''),
  zip: orNull(contact?.zip ?? ''),
  state: orNull(contact?.state ?? ''),
  type: contact?.type ?? null,
  contact_numbers: (contact?.numbers ?? []).map(withoutPlus),
  contact_emails: contact?.emails ?? [],
  tags: (contact?.tags ?? []).map((name) => ({ id: String(tagNamed(store, name).id), name })),
  external_urls: (contact?.external_urls ?? []).map(({ name, url }) => ({
    external_system: name,
    external_url: url,
  })),
  custom_fields: (contact?.attributes ?? []).map(({ attribute_id, value }) => ({
    key: store.attributes.find(({ id }) => id === attribute_id)?.title ?? '',
    value,
  })),
  favorite_agent: contact?.favorite_agent
    ? callAgent(
        store,
        store.agents.find(({ id }) => id === contact.favorite_agent),
      )
    : null,
})
