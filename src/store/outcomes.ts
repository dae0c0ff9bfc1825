import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import { asked, batched } from './batched.ts'
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
  /** The record's version that this outcome stands for: a customer's rev, a call's or message's version. */
  version?: number
}

export interface RecordedOutcome extends Outcome {
  connection: string
  kind: RecordKind
  recordId: string
  /** Requests that this settle cost; a write shared by ten counts a tenth. */
  requests: number
  source: string
  runId?: string
  /** When a waiting record is tried again. */
  nextAt?: Date
  /** An addition to a record that already stands. */
  enrichment?: boolean
}

export interface StoredOutcome extends RecordedOutcome {
  at: Date
}

/**
 * Records an outcome: always in the history, and as the record's current one, together with the version of the
 * record that it stands for. A settle that changed nothing leaves the current outcome, so that the list keeps saying
 * what became of the record; an enrichment is a later addition to a record that is already settled and leaves it too.
 * But what is no longer so is not left: that a record fails or is left out, or that its conversation is nobody's.
 */
export const recordOutcome: (db: Db, outcome: RecordedOutcome) => Promise<void> = batched<
  RecordedOutcome,
  void
>(async (db, outcomes) => {
  // Of one record only the last may go in: a statement can touch a row once.
  const last = new Map(outcomes.map((outcome, index) => [keyOf(outcome), index]))
  const rows = outcomes.map((outcome, index) => ({
    connection: outcome.connection,
    kind: outcome.kind,
    record_id: outcome.recordId,
    outcome: outcome.outcome,
    reason: outcome.reason,
    sentence: outcome.sentence,
    details: outcome.details ?? {},
    requests: outcome.requests,
    contact_id: outcome.contactId ?? null,
    customer_id: outcome.customerId ?? null,
    conversation_id: outcome.conversationId ?? null,
    source: outcome.source,
    run_id: outcome.runId ?? null,
    next_at: outcome.nextAt?.toISOString() ?? null,
    version: outcome.version ?? null,
    leaves: outcome.outcome === 'unchanged' || outcome.enrichment === true,
    enrichment: outcome.enrichment === true,
    last: last.get(keyOf(outcome)) === index,
  }))
  await sql`
    with incoming as (
      select * from ${asked(rows)} as r(item int, connection text, kind text, record_id text, outcome text,
        reason text, sentence text, details jsonb, requests real, contact_id text, customer_id text,
        conversation_id text, source text, run_id uuid, next_at timestamptz, version int, leaves boolean,
        enrichment boolean, last boolean)
      order by item
    ), history as (
      insert into outcome_history (${outcomeColumns}) select ${outcomeColumns} from incoming
    ), item as (
      insert into run_item (run_id, kind, record_id, outcome, reason, settled_at)
      select run_id, kind, record_id, outcome, reason, clock_timestamp() from incoming
      where run_id is not null and outcome <> 'waiting' and last
      on conflict (run_id, kind, record_id) do update set
        outcome = excluded.outcome, reason = excluded.reason, settled_at = excluded.settled_at
      -- A process that died had settled it already, and the next one finds nothing left to do.
      where run_item.settled_at is null or excluded.outcome <> 'unchanged'
    ), customers as (
      update customer c set settled_rev = i.version from incoming i
      where i.kind = 'customer' and i.version is not null and i.last
        and c.connection = i.connection and c.id = i.record_id
    ), contacts as (
      update contact c set changed = false from incoming i
      where i.kind = 'contact' and i.last and i.outcome <> 'waiting' and i.reason <> 'OWN_CHANGE'
        and c.connection = i.connection and c.id = i.record_id and c.changed
    ), calls as (
      update call k set settled_version = i.version from incoming i
      where i.kind = 'call' and i.version is not null and i.last
        and k.connection = i.connection and k.id = i.record_id
    ), messages as (
      update message m set settled_version = i.version from incoming i
      where i.kind = 'message' and i.version is not null and i.last
        and m.connection = i.connection and m.id = i.record_id
    ), current as (
      insert into outcome (${outcomeColumns}) select ${outcomeColumns} from incoming where last and not leaves
      on conflict (connection, kind, record_id) do update set ${replaced}
    )
    insert into outcome (${outcomeColumns}) select ${outcomeColumns} from incoming where last and leaves
    on conflict (connection, kind, record_id) do update set ${replaced}
      where case
        -- Whoever moves it to its customer, and even if that one dies before it can say so.
        when outcome.reason = 'LOGGED_UNLINKED' then excluded.customer_id is not null
        when outcome.outcome = 'waiting' then not ${isEnriched}
        -- Our own write coming back says nothing of what has failed.
        when outcome.outcome = 'failed' then excluded.reason <> 'OWN_CHANGE' and not ${isEnriched}
        -- What keeps a record out is over when both sides are found to say the same.
        when outcome.outcome = 'skipped' then excluded.reason = 'NOTHING_CHANGED' and not ${isEnriched}
        else false end`.execute(db)
  return outcomes.map(() => undefined)
})

/** Whether what is recorded is an addition to the record. */
const isEnriched = sql.raw(`exists (
          select 1 from incoming i where i.enrichment and i.connection = outcome.connection
            and i.kind = outcome.kind and i.record_id = outcome.record_id)`)

const keyOf = ({ connection, kind, recordId }: RecordedOutcome): string => `${connection}/${kind}/${recordId}`

const COLUMNS = [
  'connection',
  'kind',
  'record_id',
  'outcome',
  'reason',
  'sentence',
  'details',
  'requests',
  'contact_id',
  'customer_id',
  'conversation_id',
  'source',
  'run_id',
  'next_at',
]
export const outcomeColumns = sql.raw(COLUMNS.join(', '))
const replaced = sql.raw(
  [...COLUMNS.slice(3), 'at'].map((column) => `${column} = excluded.${column}`).join(', '),
)

export interface OutcomeCount {
  kind: RecordKind
  outcome: OutcomeKind
  reason: ReasonCode
  count: number
}

/** Current outcomes, counted by kind, outcome and reason. */
export async function countOutcomes(db: Db, connection: string): Promise<OutcomeCount[]> {
  const rows = await db
    .selectFrom('outcome_count')
    .select(({ fn }) => ['kind', 'outcome', 'reason', fn.sum<string>('count').as('count')])
    .where('connection', '=', connection)
    .groupBy(['kind', 'outcome', 'reason'])
    .having(({ fn }) => fn.sum('count'), '>', 0)
    .orderBy('kind')
    .orderBy('outcome')
    .orderBy('reason')
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** What became of a record so far. */
export async function currentOutcome(
  db: Db,
  connection: string,
  kind: RecordKind,
  recordId: string,
): Promise<Pick<Outcome, 'outcome' | 'reason'> | undefined> {
  return db
    .selectFrom('outcome')
    .select(['outcome', 'reason'])
    .where('connection', '=', connection)
    .where('kind', '=', kind)
    .where('record_id', '=', recordId)
    .executeTakeFirst()
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
