import { setTimeout as wait } from 'node:timers/promises'
import { loadConnection } from '../../store/connections.ts'
import { newHolder } from '../../store/leases.ts'
import {
  contactsToProve,
  customersToProve,
  type LoggedToProve,
  loggedToProve,
  type RecordToProve,
  saveProof,
  unreadableOf,
} from '../../store/proofs.ts'
import type { RecordKind } from '../../store/schema.ts'
import { LATE_EDITS_MS, LONGEST_CALL_MS } from '../calls/call-dates.ts'
import { readCallsSince } from '../calls/read-calls.ts'
import { readContacts } from '../contacts/read-contacts.ts'
import { readCustomersSince } from '../contacts/read-customers.ts'
import type { SyncContext } from '../context.ts'
import { eventOf, type RaisedEvent } from '../event.ts'
import { holdLease } from '../hold-lease.ts'
import { proveConversations } from './conversations.ts'
import { type Day, dayIn } from './day.ts'
import { emptyTally, type Problem, type ProblemKind, type Proof, type Tally } from './proof.ts'

export interface ProvePorts {
  /** The records of one kind that wait in the queue. */
  queued(kind: RecordKind): Promise<Set<string>>
}

/** A day cannot be proved: why. */
export class Unprovable extends Error {
  override readonly name = 'Unprovable' as const
}

/** CloudTalk has no calls from before. */
const FIRST_DAY = '2000-01-01'

/**
 * Proves a day: reads again what both sides have of it, and finds for each record an outcome, or an event that will
 * bring one (requirements §7, promise 4). Writes nothing to either side.
 *
 * @param repair whether what is not explained is settled again, on the road of every other event.
 * @throws {Unprovable} for a day that has not begun, and while another proof is under way.
 * @throws {RangeError} where `day` is no date.
 */
export async function prove(
  context: SyncContext,
  ports: ProvePorts,
  day: string,
  repair: boolean,
): Promise<Proof> {
  const { db, connection, settings } = context
  const span = dayIn(settings.timeZone, day)
  if (span.from > context.now())
    throw new Unprovable(`${span.name} has not begun yet in ${settings.timeZone}.`)
  if (span.name < FIRST_DAY) throw new Unprovable(`There is nothing to prove before ${FIRST_DAY}.`)
  const held = await holdLease(db, newHolder(), `${connection}/proving`, async () => {
    const proof = await proveSpan(context, ports, span, repair)
    await saveProof(db, connection, span.name, proof)
    return proof
  })
  if (!held) throw new Unprovable('Another day is being proved at this moment.')
  return held.result
}

async function proveSpan(
  context: SyncContext,
  ports: ProvePorts,
  span: Day,
  repair: boolean,
): Promise<Proof> {
  const { db, connection, settings } = context
  const callIds = await readDay(context, span)
  const began = (await loadConnection(db, connection)).createdAt
  const logged = [
    ...(await loggedToProve(db, connection, 'call', { ids: callIds })),
    ...(await loggedToProve(db, connection, 'message', span)),
  ]
  const found = await proveConversations(context, span, logged)
  const judgeAll = async () => {
    const judged = async (kind: RecordKind) => {
      // The queue first: what leaves it in between has its outcome by then.
      const queued = await ports.queued(kind)
      const records = await recordsToProve(context, kind, span, callIds)
      const now = context.now()
      return judge(records, { kind, queued, began, now, active: settings.active, deleted: found.deleted })
    }
    return {
      call: await judged('call'),
      message: await judged('message'),
      customer: await judged('customer'),
      contact: await judged('contact'),
    }
  }
  let judged = await judgeAll()
  if (Object.values(judged).some(({ problems }) => problems.length > 0)) {
    // What was raised between the looks at queue and records is in its place by now.
    await wait(AGAIN_MS)
    judged = await judgeAll()
  }
  const problems = Object.values(judged).flatMap((kind) => kind.problems)
  const known = new Set(problems.map(({ kind, id }) => `${kind} ${id}`))
  const unreadable = (await unreadableOf(db, connection, span.from, span.to))
    .filter(({ kind, id }) => !known.has(`${kind} ${id}`))
    .map(({ kind, id }): Problem => ({ kind, id, what: 'failed' }))
  const records = [...problems, ...unreadable]
  return {
    day: span.name,
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    provedAt: context.now().toISOString(),
    calls: judged.call.tally,
    messages: judged.message.tally,
    customers: judged.customer.tally,
    contacts: judged.contact.tally,
    conversations: found.conversations,
    problems: [...records, ...found.problems],
    repaired: repair ? await settleAgain(context, records) : 0,
  }
}

const recordsToProve = (
  { db, connection }: SyncContext,
  kind: RecordKind,
  span: Day,
  callIds: readonly string[],
): Promise<(RecordToProve | LoggedToProve)[]> => {
  switch (kind) {
    case 'call':
      return loggedToProve(db, connection, kind, { ids: callIds })
    case 'message':
      return loggedToProve(db, connection, kind, span)
    case 'customer':
      return customersToProve(db, connection, span.from, span.to)
    case 'contact':
      return contactsToProve(db, connection, span.from, span.to)
  }
}

/** Both sides as they are now. @returns the calls that ended on that day. */
async function readDay(context: SyncContext, { from, to }: Day): Promise<string[]> {
  const calls = new Set<string>()
  // Who began before midnight may have ended after it.
  await readCallsSince(context, new Date(from.getTime() - LONGEST_CALL_MS), async (page) => {
    for (const { id, endedAt } of page) {
      const at = endedAt === undefined ? Number.NaN : Date.parse(endedAt)
      if (at >= from.getTime() && at < to.getTime()) calls.add(id)
    }
  })
  await readCustomersSince(context, from.toISOString(), true, async () => undefined)
  await readContacts(context)
  return [...calls]
}

/** What ended or changed this short a time ago may yet be told, or found by the next poll. */
const SOON_MS = 3 * 60_000
/** Between two looks at what seems to be a problem. */
const AGAIN_MS = 500

interface Judging {
  kind: RecordKind
  queued: ReadonlySet<string>
  began: Date
  now: Date
  active: boolean
  /** Conversations that somebody has deleted, or a note of theirs. */
  deleted: ReadonlySet<string>
}

function judge(
  records: readonly (RecordToProve | LoggedToProve)[],
  judging: Judging,
): { tally: Tally; problems: Problem[] } {
  const tally = { ...emptyTally(), total: records.length }
  const problems: Problem[] = []
  for (const record of records) {
    const verdict = verdictOn(record, judging)
    if (verdict === 'skipped') {
      const reason = record.reason ?? 'CONNECTION_OFF'
      tally.skipped[reason] = (tally.skipped[reason] ?? 0) + 1
    } else if (isExplained(verdict)) tally[verdict]++
    else {
      tally[verdict === 'failed' ? 'failed' : 'unexplained']++
      const conversationId = 'logged' in record ? record.conversationId : undefined
      problems.push({
        kind: judging.kind,
        id: record.id,
        what: verdict,
        ...(conversationId !== undefined && { conversationId }),
      })
    }
  }
  return { tally, problems }
}

type Explained = 'done' | 'deleted' | 'before' | 'pending'
type Verdict = Explained | 'skipped' | ProblemKind

const EXPLAINED: readonly Verdict[] = ['done', 'deleted', 'before', 'pending']
const isExplained = (verdict: Verdict): verdict is Explained => EXPLAINED.includes(verdict)

function verdictOn(record: RecordToProve | LoggedToProve, judging: Judging): Verdict {
  const { kind, queued, began, now, active } = judging
  const { id, outcome, settled, at } = record
  if ('logged' in record && record.logged) return verdictOnLogged(record, judging)
  if (queued.has(id)) return 'pending'
  // The next sweep raises each contact that is marked as changed.
  if (kind === 'contact' && !settled) return 'pending'
  const soon = at !== undefined && at.getTime() > now.getTime() - SOON_MS
  switch (outcome) {
    case undefined:
      if (!active) return 'skipped'
      if (at !== undefined && at < began) return 'before'
      return soon ? 'pending' : 'never settled'
    case 'waiting':
      return 'not waiting'
    case 'failed':
    case 'skipped':
      return outcome
    default:
      if ('logged' in record) return 'not logged'
      if (settled) return 'done'
      return soon ? 'pending' : 'out of date'
  }
}

function verdictOnLogged(
  { id, conversationId, settled, at }: LoggedToProve,
  { kind, queued, now, deleted }: Judging,
): Verdict {
  if (conversationId !== undefined && deleted.has(conversationId)) return 'deleted'
  if (settled) return 'done'
  // The poll reads as far back as this, so it has the edit in its next round.
  const polled = kind === 'call' && at !== undefined && at.getTime() > now.getTime() - LATE_EDITS_MS
  return polled || queued.has(id) ? 'pending' : 'out of date'
}

/** Problems that another settle may solve. */
async function settleAgain(context: SyncContext, problems: readonly Problem[]): Promise<number> {
  const { connection } = context
  const round = context.now().getTime()
  await context.raise(
    problems.flatMap(({ kind, id }): RaisedEvent[] => {
      if (kind === 'conversation') return []
      const dedupeKey = `${connection}/${kind}/${id}/prove/${round}`
      return [{ event: eventOf(connection, { kind, id }, { source: 'poll' }), priority: 'retry', dedupeKey }]
    }),
  )
  return problems.length
}
