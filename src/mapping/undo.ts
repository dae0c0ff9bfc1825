import { type SharedFields, sharedFieldNames } from './shared-fields.ts'
import { isEmpty, type Write, type WrittenTo } from './write.ts'

/**
 * What is taken back of a run, record by record at the vendors. A run is undone from its end to its beginning, so what
 * a record holds is compared with what the write at hand has left there.
 */

/** All that one settled record has written to one record of a vendor, as one write. */
export interface NetWrite extends Write {
  /** Fields that somebody else changed between two of the writes, or that were written again since. */
  broken: string[]
  /** A person has had something done with it since. */
  byPerson?: boolean
}

/** Why something stays. */
export const stayReasons = {
  changed: 'somebody has changed it since',
  unknown: 'what it was before is not known',
  notKept: 'what the run wrote was not kept at that time',
  message: 'Kustomer has no request that deletes a message',
  referred: 'calls or messages of the time since refer to it',
  extended: 'somebody has given it a title, an industry, a tag or an attribute',
  shared: 'another customer shares it by now',
  conversations: 'it has conversations',
  written: 'somebody has written in it since, or changed it',
  talk: 'other calls or messages stand in it',
  within: 'its conversation stays',
  partner: 'the two it joins stay as they are',
  deleted: 'it was deleted, and cannot be made again',
} as const

export type StayReason = keyof typeof stayReasons

/** A record as its vendor has it now. */
export type Stands =
  | { kind: 'gone' }
  | {
      kind: 'there'
      /** The fields that a run may have written. */
      fields: Record<string, unknown>
      /** What speaks against deleting it, whatever its fields say. */
      against: StayReason[]
    }

export type UndoStep =
  | { kind: 'delete' }
  /** Nobody needs to delete it any more. */
  | { kind: 'gone' }
  /** `held` are fields that are as they were already. */
  | { kind: 'restore'; fields: Record<string, unknown>; held: Record<string, unknown> }

export interface UndoDecision {
  step: UndoStep | undefined
  stays: { field?: string; why: StayReason }[]
}

/** Conversations go first: a customer with conversations stays. */
const ORDER: readonly WrittenTo[] = ['conversation', 'note', 'message', 'contact', 'customer', 'link']

/** The writes of one settled record, one for each record of a vendor, in the order in which they are taken back. */
export function netWrites(writes: readonly Write[]): NetWrite[] {
  const net = new Map<string, NetWrite>()
  for (const write of writes) {
    const key = `${write.to} ${write.id}`
    const earlier = net.get(key)
    net.set(key, earlier ? joined(earlier, write) : { ...write, broken: [] })
  }
  return [...net.values()].sort((one, other) => ORDER.indexOf(one.to) - ORDER.indexOf(other.to))
}

/** What was written again since the run is not the run's any more, even where it says the same. */
export function withLater(net: NetWrite, later: readonly (Write & { byPerson: boolean })[]): NetWrite {
  const same = later.filter(({ to, id }) => to === net.to && id === net.id)
  if (same.length === 0) return net
  if (net.did === 'created' && net.to !== 'link') {
    return { ...net, byPerson: same.some(({ byPerson }) => byPerson) }
  }
  const again = same.flatMap(({ fields }) => Object.keys(fields)).filter((field) => field in net.fields)
  return { ...net, broken: [...net.broken, ...again] }
}

function joined(earlier: NetWrite, later: Write): NetWrite {
  const fields = { ...earlier.fields }
  const broken = [...earlier.broken]
  for (const [field, change] of Object.entries(later.fields)) {
    const known = earlier.fields[field]
    const left = known ?? (earlier.did === 'created' ? { after: null } : undefined)
    if (left && change.before !== undefined && !sameValue(left.after, change.before)) broken.push(field)
    fields[field] = known ? { ...known, after: change.after } : change
  }
  const did = later.did === 'deleted' ? later.did : earlier.did
  return { ...earlier, did, fields, broken }
}

/** What is to be done about one record of a vendor. */
export function decideUndo(write: NetWrite, stands: Stands): UndoDecision {
  if (write.did === 'deleted') return { step: undefined, stays: [{ why: 'deleted' }] }
  if (stands.kind === 'gone') return { step: { kind: 'gone' }, stays: [] }
  return write.did === 'created' ? undoCreation(write, stands) : undoChange(write, stands)
}

function undoCreation(
  { to, fields, broken, byPerson }: NetWrite,
  stands: Extract<Stands, { kind: 'there' }>,
): UndoDecision {
  // What became of a conversation is told by who has modified it: our own later writes belong to it.
  const compared = to === 'conversation' ? [] : Object.entries(stands.fields)
  const changed = compared
    .filter(([field, now]) => broken.includes(field) || !sameValue(fields[field]?.after, now))
    .map(([field]) => ({ field, why: 'changed' as const }))
  const against = byPerson ? [...new Set([...stands.against, 'written' as const])] : stands.against
  const stays = [...changed, ...against.map((why) => ({ why }))]
  return { step: stays.length > 0 ? undefined : { kind: 'delete' }, stays }
}

function undoChange({ fields, broken }: NetWrite, stands: Extract<Stands, { kind: 'there' }>): UndoDecision {
  const stays: UndoDecision['stays'] = []
  const restored: Record<string, unknown> = {}
  const held: Record<string, unknown> = {}
  for (const [field, { before, after }] of Object.entries(fields)) {
    const now = stands.fields[field]
    if (before === undefined) stays.push({ field, why: 'unknown' })
    else if (sameValue(now, before)) held[field] = before
    else if (broken.includes(field) || !sameValue(now, after)) stays.push({ field, why: 'changed' })
    else restored[field] = before
  }
  const any = Object.keys(restored).length + Object.keys(held).length > 0
  return { step: any ? { kind: 'restore', fields: restored, held } : undefined, stays }
}

/**
 * What counts as last in step between a contact and its customers, once a customer was put back: only what follows from
 * that, so that other edits are still told from it.
 *
 * @param views what the customer makes of a contact with the values from `before` the run and from `after` it.
 * @returns the fields that change.
 */
export function baseAfterUndo(
  base: SharedFields,
  views: { before: SharedFields; after: SharedFields },
): Partial<SharedFields> {
  const changed = sharedFieldNames.filter((field) => !sameValue(views.before[field], views.after[field]))
  return Object.fromEntries(
    changed.map((field) => {
      const value = views.before[field]
      return [field, Array.isArray(value) ? listAfterUndo(field, base, views) : value]
    }),
  )
}

function listAfterUndo(
  field: keyof SharedFields,
  base: SharedFields,
  { before, after }: { before: SharedFields; after: SharedFields },
): unknown[] {
  const [held, earlier, written] = [base, before, after].map((side) => [side[field]].flat())
  const has = (list: readonly unknown[] = [], item: unknown): boolean =>
    list.some((one) => sameValue(one, item))
  const kept = (held ?? []).filter((item) => has(earlier, item) || !has(written, item))
  return [...kept, ...(earlier ?? []).filter((item) => !has(written, item) && !has(kept, item))]
}

/** Whether two values say the same: vendors put lists in their own order and add marks of their own. */
export function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other))
}

function plain(value: unknown): unknown {
  if (isEmpty(value) || value === false) return null
  // Emails are the same whatever their case.
  if (typeof value === 'string') return value.includes('@') ? value.trim().toLowerCase() : value.trim()
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(plain(item))).sort()
  if (typeof value !== 'object') return value
  const entries = Object.entries(value ?? {})
    .filter(([key]) => key !== 'verified')
    .map(([key, part]) => [key, plain(part)] as const)
    .filter(([, part]) => part !== null)
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}
