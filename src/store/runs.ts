import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { RecordKind, RunEstimate, RunKind, RunState, Undoing } from './schema.ts'

export interface Run {
  id: string
  connection: string
  kind: RunKind
  state: RunState
  paused: boolean
  /** One more each time it goes on after a pause. */
  round: number
  from: Date | undefined
  /** The run that it takes back, or would. */
  of: string | undefined
  /** Records that it has to settle, by kind. */
  raised: Partial<Record<RecordKind, number>>
  error: string | undefined
  /** What a preview expects the run to take. */
  estimate: Partial<RunEstimate>
  startedAt: Date
  finishedAt: Date | undefined
}

export const isOver = ({ state }: Pick<Run, 'state'>): boolean => !UNFINISHED.includes(state)

const UNFINISHED: readonly RunState[] = ['reading', 'settling']

export interface RunProgress extends Run {
  settled: Partial<Record<RecordKind, number>>
  /** Records a second, over the last minute of its work. */
  rate: number
  /** At this rate; undefined until there is one, and when nothing is left. */
  secondsLeft: number | undefined
  outcomes: RunOutcome[]
}

export interface RunOutcome {
  kind: RecordKind
  outcome: OutcomeKind
  reason: ReasonCode
  count: number
}

export async function startRun(
  db: Db,
  {
    of,
    ...run
  }: { id: string; connection: string; kind: RunKind; from: Date | undefined; of?: string | undefined },
): Promise<void> {
  await db
    .insertInto('run')
    .values({
      ...run,
      from: run.from ?? null,
      of_run: of ?? null,
      state: 'reading',
      raised: '{}',
      error: null,
    })
    .execute()
}

export interface RunChange {
  state?: RunState
  paused?: boolean
  raised?: Run['raised']
  error?: string
  estimate?: Run['estimate']
  finishedAt?: Date
}

/**
 * A run that is over stays as it ended: it may have been cancelled a moment ago, in another process.
 * @returns whether it was under way.
 */
export async function updateRun(db: Db, id: string, change: RunChange): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('run')
    .set({
      ...(change.state && { state: change.state }),
      ...(change.paused !== undefined && { paused: change.paused }),
      ...(change.paused === false && { round: sql<number>`round + 1` }),
      ...(change.raised && { raised: toJson(change.raised) }),
      ...(change.error !== undefined && { error: change.error }),
      ...(change.estimate && { estimate: toJson(change.estimate) }),
      ...(change.finishedAt && { finished_at: change.finishedAt }),
    })
    .where('id', '=', id)
    .where('state', 'in', UNFINISHED)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Ends a run before it has settled all of its records. @returns whether it was under way. */
export async function cancelRun(db: Db, id: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('run')
    .set({ state: 'cancelled', paused: false, finished_at: at })
    .where('id', '=', id)
    .where('state', 'in', UNFINISHED)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function findRun(db: Db, id: string): Promise<Run | undefined> {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
  return row && runFromRow(row)
}

/** Newest first. */
export async function latestRuns(db: Db, connection: string, limit: number): Promise<Run[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('connection', '=', connection)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(runFromRow)
}

/** Runs that are not at their end, oldest first. */
export async function unfinishedRuns(db: Db, connection: string): Promise<Run[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('connection', '=', connection)
    .where('state', 'in', UNFINISHED)
    .orderBy('started_at')
    .execute()
  return rows.map(runFromRow)
}

export interface RunItem {
  kind: RecordKind
  id: string
}

/** Puts records on a run's work list; one that is there already stays as it is. */
export async function planItems(db: Db, run: string, wave: number, items: readonly RunItem[]): Promise<void> {
  if (items.length === 0) return
  await sql`
    insert into run_item (run_id, kind, record_id, wave)
    select ${run}::uuid, kind, id, ${wave} from jsonb_to_recordset(${toJson(items)}::jsonb) as r(kind text, id text)
    on conflict do nothing`.execute(db)
}

/** What is not settled yet of the first wave that has anything left; in the order of their ids. */
export async function openItems(
  db: Db,
  run: string,
  limit: number,
): Promise<{ wave: number; items: RunItem[] } | undefined> {
  const { rows } = await sql<{ kind: RecordKind; id: string; wave: number }>`
    select kind, record_id as id, wave from run_item
    where run_id = ${run} and settled_at is null
      and wave = (select min(wave) from run_item where run_id = ${run} and settled_at is null)
    order by kind, record_id limit ${limit}`.execute(db)
  const [first] = rows
  return first && { wave: first.wave, items: rows.map(({ kind, id }) => ({ kind, id })) }
}

export interface RunRecord extends RunItem {
  outcome: OutcomeKind
  reason: ReasonCode
  /** Of an undo: what of the record is taken back, and what stays. */
  undo?: Undoing
}

/** What became of each record of a run, in the order of their kinds and ids. */
export async function runRecords(db: Db, run: string): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecordRow>`
    select kind, record_id as id, outcome, reason, details as undo from run_item
    where run_id = ${run} and settled_at is not null order by kind, record_id`.execute(db)
  return rows.map(recordFromRow)
}

/** A page of the same. @param after the last of the page before. */
export async function runRecordsPage(
  db: Db,
  run: string,
  after: RunItem | undefined,
  pageSize: number,
): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecordRow>`
    select kind, record_id as id, outcome, reason, details as undo from run_item
    where run_id = ${run} and settled_at is not null and (kind, record_id) > (${after?.kind ?? ''}, ${after?.id ?? ''})
    order by kind, record_id limit ${pageSize}`.execute(db)
  return rows.map(recordFromRow)
}

/** What many records of a run have in common: a row of its outcomes. */
export type RunRecordFilter = Pick<RunRecord, 'kind' | 'outcome' | 'reason'>

/** A page of the records of a run, and after which of them the next one begins. */
export interface RunRecordsPage {
  records: RunRecord[]
  /** Undefined on the last page. */
  next: RunItem | undefined
}

/** Records that one page looks through at most: no index leads to the few that came out in a rare way. */
const LOOKED_THROUGH = 2_000

/** A page of the records that came out so; it may be short of `pageSize`, or empty, and go on all the same. */
export async function runRecordsLike(
  db: Db,
  run: string,
  { kind, outcome, reason }: RunRecordFilter,
  after: RunItem | undefined,
  pageSize: number,
): Promise<RunRecordsPage> {
  const { rows } = await sql<{
    found: { id: string; undo: Undoing | null }[]
    last: string | null
    looked: number
  }>`
    with looked as materialized (
      select record_id as id, outcome, reason, details as undo from run_item
      where run_id = ${run} and kind = ${kind} and record_id > ${after?.id ?? ''}
      order by record_id limit ${LOOKED_THROUGH})
    select max(id) as last, count(*)::int as looked, (
      select coalesce(jsonb_agg(jsonb_build_object('id', id, 'undo', undo) order by id), '[]') from (
        select id, undo from looked where outcome = ${outcome} and reason = ${reason} order by id limit ${pageSize}) page
      ) as found
    from looked`.execute(db)
  const { found = [], last = null, looked = 0 } = rows[0] ?? {}
  const records = found.map(({ id, undo }) => recordFromRow({ kind, id, outcome, reason, undo }))
  const end = records.length === pageSize ? records.at(-1)?.id : looked === LOOKED_THROUGH ? last : null
  return { records, next: end ? { kind, id: end } : undefined }
}

type RunRecordRow = Omit<RunRecord, 'undo'> & { undo: Undoing | null }
const recordFromRow = ({ undo, ...record }: RunRecordRow): RunRecord => ({ ...record, ...(undo && { undo }) })

/** The same of these records only. */
export async function runRecordsOf(db: Db, run: string, items: readonly RunItem[]): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecord>`
    select i.kind, i.record_id as id, i.outcome, i.reason
    from run_item i join jsonb_to_recordset(${toJson(items)}::jsonb) as r(kind text, id text)
      on i.kind = r.kind and i.record_id = r.id
    where i.run_id = ${run} and i.settled_at is not null`.execute(db)
  return rows
}

/** Of these records, those on a run's work list that are not settled yet. */
export async function openItemsOf(
  db: Db,
  run: string,
  items: readonly RunItem[],
): Promise<(item: RunItem) => boolean> {
  const { rows } = await sql<RunItem>`
    select i.kind, i.record_id as id
    from run_item i join jsonb_to_recordset(${toJson(items)}::jsonb) as r(kind text, id text)
      on i.kind = r.kind and i.record_id = r.id
    where i.run_id = ${run} and i.settled_at is null`.execute(db)
  const open = new Set(rows.map(({ kind, id }) => `${kind} ${id}`))
  return ({ kind, id }) => open.has(`${kind} ${id}`)
}

/** Notes what would become of records of a run. */
export async function saveRunRecords(db: Db, run: string, records: readonly RunRecord[]): Promise<void> {
  if (records.length === 0) return
  await sql`
    insert into run_item (run_id, kind, record_id, outcome, reason, details, settled_at)
    select ${run}::uuid, kind, id, outcome, reason, undo, clock_timestamp()
    from jsonb_to_recordset(${toJson(records)}::jsonb)
      as r(kind text, id text, outcome text, reason text, undo jsonb)
    on conflict (run_id, kind, record_id) do update set
      outcome = excluded.outcome, reason = excluded.reason, details = excluded.details,
      settled_at = excluded.settled_at`.execute(db)
}

/** Begins a run's work list anew: what was noted on it counts no longer. */
export async function reopenItems(db: Db, run: string): Promise<void> {
  await db
    .updateTable('run_item')
    .set({ outcome: null, reason: null, details: null, settled_at: null })
    .where('run_id', '=', run)
    .execute()
}

/** The latest runs about another one, newest first. */
export async function runsOf(db: Db, run: string): Promise<Run[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('of_run', '=', run)
    .orderBy('started_at', 'desc')
    .execute()
  return rows.map(runFromRow)
}

/** Over this long a run's rate is measured, or over this many records where they are settled faster. */
const RATE_SECONDS = 60
const RATE_RECORDS = 2_000

export async function runProgress(db: Db, id: string): Promise<RunProgress | undefined> {
  const run = await findRun(db, id)
  if (!run) return undefined
  const { rows: outcomes } = await sql<RunOutcome>`
    select kind, outcome, reason, sum(count)::int as count from run_count
    where run_id = ${id}
    group by kind, outcome, reason having sum(count) > 0 order by kind, outcome, reason`.execute(db)
  const { rows } = await sql<{ count: number; seconds: number }>`
    select count(*)::int as count,
      coalesce(extract(epoch from max(settled_at) - min(settled_at)), 0)::float8 as seconds
    from (
      select settled_at, max(settled_at) over () as newest from (
        select settled_at from run_item where run_id = ${id} and settled_at is not null
        order by settled_at desc limit ${RATE_RECORDS}) latest
    ) timed where settled_at > newest - make_interval(secs => ${RATE_SECONDS})`.execute(db)
  const { count = 0, seconds = 0 } = rows[0] ?? {}
  const settled: RunProgress['settled'] = {}
  for (const outcome of outcomes) settled[outcome.kind] = (settled[outcome.kind] ?? 0) + outcome.count
  // Some records within one second say nothing yet.
  const rate = seconds >= 1 ? count / seconds : 0
  const left = total(run.raised) - total(settled)
  const secondsLeft = run.state === 'settling' && rate > 0 && left > 0 ? Math.ceil(left / rate) : undefined
  return { ...run, settled, rate, secondsLeft, outcomes }
}

const total = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0)

function runFromRow(row: {
  id: string
  connection: string
  kind: RunKind
  state: RunState
  paused: boolean
  round: number
  from: Date | null
  of_run: string | null
  raised: Run['raised']
  error: string | null
  estimate: Run['estimate']
  started_at: Date
  finished_at: Date | null
}): Run {
  return {
    id: row.id,
    connection: row.connection,
    kind: row.kind,
    state: row.state,
    paused: row.paused,
    round: row.round,
    from: row.from ?? undefined,
    of: row.of_run ?? undefined,
    raised: row.raised,
    error: row.error ?? undefined,
    estimate: row.estimate,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  }
}
