import { created, done, type FieldErrors, invalid, notFound, REQUIRED, type Reply } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import { fieldsOf } from './notes.ts'
import { page } from './pages.ts'
import type { Activity } from './store.ts'
import { numeric, offsetDate, orNull } from './wire.ts'

const TYPES = ['order', 'task', 'chat', 'ticket', 'other', 'invoice', 'proforma', 'estimate', 'cancel']

const TEXTS = ['name', 'type', 'description', 'activity_author', 'external_url'] as const

const KNOWN = [...TEXTS, 'activity_date', 'external_id']

type Change = Partial<Omit<Activity, 'id' | 'contact_id' | 'created'>>
type Read = { change: Change; errors?: undefined } | { change?: undefined; errors: FieldErrors }

const readActivity = (
  { switches }: Account,
  body: unknown,
  isNew: boolean,
  known: readonly string[],
): Read => {
  const input = fieldsOf(body)
  const errors: FieldErrors = {}
  const change: Change = {}
  for (const field of TEXTS) if (typeof input[field] === 'string') change[field] = input[field]
  for (const field of ['name', 'type'] as const)
    if (change[field] === undefined ? isNew : change[field] === '') errors[field] = [REQUIRED]
  if (change.type && !TYPES.includes(change.type)) errors.type = ['Please supply a valid type.']
  if (input.external_id !== undefined) {
    const id = idOf(String(input.external_id))
    if (Number.isNaN(id) && input.external_id !== '') errors.external_id = ['Please supply a valid number.']
    change.external_id = input.external_id === '' ? null : id
  }
  if (input.activity_date !== undefined) {
    const at = Date.parse(String(input.activity_date))
    if (Number.isNaN(at)) errors.activity_date = ['Please supply a valid date.']
    else change.activity_date = new Date(at).toISOString()
  }
  if (switches().strictBodies)
    for (const key of Object.keys(input)) if (!known.includes(key)) errors[key] = ['Unknown field.']
  return Object.keys(errors).length > 0 ? { errors } : { change }
}

/** GET /activity/index.json (§2.9). */
export const indexActivities: Handler = (account, request) => {
  const { query } = request
  const contactId = query.get('contact_id') ?? ''
  const type = query.get('type') ?? ''
  const activities = [...account.store.activities.values()]
    .filter(
      (activity) =>
        (contactId === '' || activity.contact_id === idOf(contactId)) &&
        (type === '' || activity.type === type),
    )
    .reverse()
  return page(account, request, activities, (activity) => ({
    ContactActivity: {
      id: String(activity.id),
      contact_id: String(activity.contact_id),
      type: activity.type,
      name: activity.name,
      description: orNull(activity.description),
      activity_author: orNull(activity.activity_author),
      external_id: numeric(activity.external_id),
      external_url: orNull(activity.external_url),
      activity_date: offsetDate(activity.activity_date),
      created: offsetDate(activity.created),
    },
  }))
}

/** Writes of activities, shared by the single endpoints and bulk; `known` = the keys the body may have. */
export const addActivity = (
  account: Account,
  contactId: number,
  body: unknown,
  known: readonly string[] = KNOWN,
): Reply => {
  if (!account.store.contacts.get(contactId)) return notFound()
  const read = readActivity(account, body, true, known)
  if (read.errors) return invalid(read.errors)
  const id = account.store.nextId()
  const at = new Date(account.clock.now()).toISOString()
  account.store.activities.set(id, {
    name: '',
    type: 'other',
    description: '',
    activity_author: '',
    external_id: null,
    external_url: '',
    activity_date: at,
    ...read.change,
    id,
    contact_id: contactId,
    created: at,
  })
  return created(id)
}

export const editActivity = (
  account: Account,
  activityId: number,
  body: unknown,
  known: readonly string[] = [...KNOWN, 'contact_id'],
): Reply => {
  const activity = account.store.activities.get(activityId)
  if (!activity) return notFound()
  const contactId = idOf(String(fieldsOf(body).contact_id ?? ''))
  if (Number.isNaN(contactId)) return invalid({ contact_id: [REQUIRED] })
  const read = readActivity(account, body, false, known)
  if (read.errors) return invalid(read.errors)
  if (!account.store.contacts.get(contactId)) return notFound()
  account.store.activities.set(activityId, { ...activity, ...read.change, contact_id: contactId })
  return done()
}

export const deleteActivity = ({ store }: Account, activityId: number): Reply =>
  store.activities.delete(activityId) ? done() : notFound()

/** The keys that bulk may send for an activity, beside the single endpoints' own (§2.8). */
export const BULK_ACTIVITY_KEYS = [...KNOWN, 'id', 'contact_id']

export const addActivityHandler: Handler = (account, { params, body }) =>
  addActivity(account, idOf(params.id), body)
export const editActivityHandler: Handler = (account, { params, body }) =>
  editActivity(account, idOf(params.id), body)
export const deleteActivityHandler: Handler = (account, { params }) =>
  deleteActivity(account, idOf(params.id))
