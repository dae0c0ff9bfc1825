import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import type { OutcomeDetails, RecordKind } from './schema.ts'

/** What became of one record, and why. */
export interface Outcome {
  outcome: OutcomeKind
  reason: ReasonCode
  /** One sentence for people; names no number and no address. */
  sentence: string
  details?: OutcomeDetails
  contactId?: string
  customerId?: string
  conversationId?: string
}

export interface RecordedOutcome extends Outcome {
  connection: string
  kind: RecordKind
  recordId: string
  /** Requests that this settle cost; a write shared by ten counts a tenth. */
  requests: number
  source: string
  runId?: string
  /** When a waiting or failed record is tried again. */
  nextAt?: Date
}

export interface StoredOutcome extends RecordedOutcome {
  at: Date
}

/**
 * Records an outcome: always in the history, and as the record's current one. A settle that changed nothing leaves
 * the current outcome, so that the list keeps saying what became of the record; `enrichment` is a later addition
 * to a record that is already settled and leaves it too.
 */
export async function recordOutcome(db: Db, outcome: RecordedOutcome, enrichment = false): Promise<void> {
  const row = {
    connection: outcome.connection,
    kind: outcome.kind,
    record_id: outcome.recordId,
    outcome: outcome.outcome,
    reason: outcome.reason,
    sentence: outcome.sentence,
    details: JSON.stringify(outcome.details ?? {}),
    requests: outcome.requests,
    contact_id: outcome.contactId ?? null,
    customer_id: outcome.customerId ?? null,
    conversation_id: outcome.conversationId ?? null,
    source: outcome.source,
    run_id: outcome.runId ?? null,
    next_at: outcome.nextAt?.toISOString() ?? null,
  }
  const columns = sql.raw(Object.keys(row).join(', '))
  const keepsCurrent = outcome.outcome === 'unchanged' || enrichment
  // A waiting or failed record that is now seen to be in step has become "unchanged": only then it is replaced.
  const replace = keepsCurrent
    ? sql`where outcome.outcome in ('waiting', 'failed') and ${!enrichment}`
    : sql``
  await sql`
    with incoming as (
      select * from jsonb_to_record(${JSON.stringify({ ...row, details: outcome.details ?? {} })}::jsonb)
        as r(connection text, kind text, record_id text, outcome text, reason text, sentence text, details jsonb,
             requests real, contact_id text, customer_id text, conversation_id text, source text, run_id uuid,
             next_at timestamptz)
    ), history as (
      insert into outcome_history (${columns}) select ${columns} from incoming
    ), item as (
      insert into run_item (run_id, kind, record_id, outcome, reason)
      select run_id, kind, record_id, outcome, reason from incoming
      where run_id is not null and outcome <> 'waiting'
      on conflict (run_id, kind, record_id) do update set outcome = excluded.outcome, reason = excluded.reason
    )
    insert into outcome (${columns}) select ${columns} from incoming
    on conflict (connection, kind, record_id) do update set
      outcome = excluded.outcome, reason = excluded.reason, sentence = excluded.sentence,
      details = excluded.details, requests = excluded.requests, contact_id = excluded.contact_id,
      customer_id = excluded.customer_id, conversation_id = excluded.conversation_id, source = excluded.source,
      run_id = excluded.run_id, next_at = excluded.next_at, at = excluded.at
    ${replace}`.execute(db)
}

export interface OutcomeCount {
  outcome: OutcomeKind
  reason: ReasonCode
  count: number
}

/** Current outcomes of one kind, counted. */
export async function countOutcomes(db: Db, connection: string, kind: RecordKind): Promise<OutcomeCount[]> {
  const rows = await db
    .selectFrom('outcome')
    .select(({ fn }) => ['outcome', 'reason', fn.countAll<string>().as('count')])
    .where('connection', '=', connection)
    .where('kind', '=', kind)
    .groupBy(['outcome', 'reason'])
    .orderBy('outcome')
    .orderBy('reason')
    .execute()
  return rows.map((row) => ({ outcome: row.outcome, reason: row.reason, count: Number(row.count) }))
}

/** The whole story of a record, oldest first. */
export async function historyOf(
  db: Db,
  connection: string,
  kind: RecordKind,
  recordId: string,
): Promise<StoredOutcome[]> {
  const rows = await db
    .selectFrom('outcome_history')
    .selectAll()
    .where('connection', '=', connection)
    .where('kind', '=', kind)
    .where('record_id', '=', recordId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    connection: row.connection,
    kind: row.kind,
    recordId: row.record_id,
    outcome: row.outcome,
    reason: row.reason,
    sentence: row.sentence,
    details: row.details,
    requests: row.requests,
    contactId: row.contact_id ?? undefined,
    customerId: row.customer_id ?? undefined,
    conversationId: row.conversation_id ?? undefined,
    source: row.source,
    runId: row.run_id ?? undefined,
    nextAt: row.next_at ?? undefined,
    at: row.at,
  }))
}
