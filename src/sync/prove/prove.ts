import { loadConnection } from '../../store/connections.ts'
import {
  contactsToProve,
  customersToProve,
  type LoggedToProve,
  loggedToProve,
  type RecordToProve,
  saveProof,
} from '../../store/proofs.ts'
import type { RecordKind } from '../../store/schema.ts'
import { forgetStanding } from '../../store/timeline.ts'
import { LONGEST_CALL_MS } from '../calls/call-dates.ts'
import { readCallsSince } from '../calls/read-calls.ts'
import { readContacts } from '../contacts/read-contacts.ts'
import { readCustomersSince } from '../contacts/read-customers.ts'
import type { SyncContext } from '../context.ts'
import { callEvent, contactEvent, customerEvent, messageEvent, type SyncEvent } from '../event.ts'
import { type FoundConversations, proveConversations } from './conversations.ts'
import { type Day, dayIn } from './day.ts'
import { emptyTally, type Problem, type ProblemKind, type Proof, type Tally } from './proof.ts'

export interface ProvePorts {
  /** The records of one kind that wait in the queue. */
  queued(kind: RecordKind): Promise<Set<string>>
}

/**
 * Proves a day: reads again what both sides have of it, and finds for each record an outcome, or an event that will
 * bring one (requirements §7, promise 4). Writes nothing to either side.
 *
 * @param repair whether what is not explained is settled again, on the road of every other event.
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
  const callIds = await readDay(context, span)
  const began = (await loadConnection(db, connection)).createdAt
  const byKind = {
    call: await loggedToProve(db, connection, 'call', { ids: callIds }),
    message: await loggedToProve(db, connection, 'message', span),
    customer: await customersToProve(db, connection, span.from, span.to),
    contact: await contactsToProve(db, connection, span.from, span.to),
  }
  const found = await proveConversations(context, span, [...byKind.call, ...byKind.message])
  const proven = async (kind: RecordKind) => {
    const queued = await ports.queued(kind)
    const { standing } = found
    return judge(byKind[kind], { kind, queued, began, now: context.now(), active: settings.active, standing })
  }
  const [calls, messages, customers, contacts] = [
    await proven('call'),
    await proven('message'),
    await proven('customer'),
    await proven('contact'),
  ]
  const problems = [calls, messages, customers, contacts].flatMap((kind) => kind.problems)
  const proof: Proof = {
    day: span.name,
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    provedAt: context.now().toISOString(),
    calls: calls.tally,
    messages: messages.tally,
    customers: customers.tally,
    contacts: contacts.tally,
    conversations: found.conversations,
    problems: [...problems, ...found.problems],
    repaired: repair ? await settleAgain(context, problems) : 0,
  }
  await saveProof(db, connection, span.name, proof)
  return proof
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

interface Judging {
  kind: RecordKind
  queued: ReadonlySet<string>
  began: Date
  now: Date
  active: boolean
  /** What is wrong with conversations; those that stand in Kustomer as they were written are not named. */
  standing: FoundConversations['standing']
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
    } else if (verdict === 'done' || verdict === 'pending' || verdict === 'before') tally[verdict]++
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

function verdictOn(
  record: RecordToProve | LoggedToProve,
  { kind, queued, began, now, active, standing }: Judging,
): 'done' | 'skipped' | 'before' | 'pending' | ProblemKind {
  const { id, outcome, settled, at } = record
  if (queued.has(id)) return 'pending'
  // The next sweep raises each contact that is marked as changed.
  if (kind === 'contact' && !settled) return 'pending'
  const soon = at !== undefined && at.getTime() > now.getTime() - SOON_MS
  if ('logged' in record && record.logged) {
    const wrong = record.conversationId === undefined ? undefined : standing.get(record.conversationId)
    if (wrong === 'deleted by somebody') return 'done'
    return wrong ?? (settled ? 'done' : 'out of date')
  }
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
      if (settled) return 'done'
      return soon ? 'pending' : 'out of date'
  }
}

/** Problems that another settle may solve. */
async function settleAgain(context: SyncContext, problems: readonly Problem[]): Promise<number> {
  const { db, connection } = context
  const round = context.now().getTime()
  for (const { kind, id, what } of problems) {
    const gone = what === 'conversation gone' || what === 'note missing'
    if (gone && (kind === 'call' || kind === 'message')) await forgetStanding(db, { connection, kind, id })
  }
  await context.raise(
    problems.flatMap(({ kind, id }) => {
      const event = kind === 'conversation' ? undefined : eventFor(connection, kind, id)
      const dedupeKey = `${connection}/${kind}/${id}/prove/${round}`
      return event ? [{ event, priority: 'retry' as const, dedupeKey }] : []
    }),
  )
  return problems.length
}

function eventFor(connection: string, kind: RecordKind, id: string): SyncEvent {
  const source = 'poll'
  switch (kind) {
    case 'call':
      return callEvent(connection, id, { about: 'call', source })
    case 'message':
      return messageEvent(connection, id, { about: 'message', source })
    case 'customer':
      return customerEvent(connection, id, { source })
    case 'contact':
      return contactEvent(connection, id, { source })
  }
}
