import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { RecordKind, RunState } from './schema.ts'

export interface Run {
  id: string
  connection: string
  state: RunState
  from: Date | undefined
  raised: Partial<Record<RecordKind, number>>
  error: string | undefined
  startedAt: Date
  finishedAt: Date | undefined
}

export interface RunProgress extends Run {
  settled: Partial<Record<RecordKind, number>>
}

export async function startRun(
  db: Db,
  run: { id: string; connection: string; from: Date | undefined },
): Promise<void> {
  await db
    .insertInto('run')
    .values({ ...run, from: run.from ?? null, kind: 'sync', state: 'reading', raised: '{}', error: null })
    .execute()
}

export async function updateRun(
  db: Db,
  id: string,
  change: { state?: RunState; raised?: Run['raised']; error?: string; finishedAt?: Date },
): Promise<void> {
  await db
    .updateTable('run')
    .set({
      ...(change.state && { state: change.state }),
      ...(change.raised && { raised: toJson(change.raised) }),
      ...(change.error !== undefined && { error: change.error }),
      ...(change.finishedAt && { finished_at: change.finishedAt }),
    })
    .where('id', '=', id)
    .execute()
}

/** Runs that were under way when their process ended. */
export async function unfinishedRuns(db: Db, connection: string): Promise<Run[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('connection', '=', connection)
    .where('state', 'in', ['reading', 'settling'])
    .orderBy('started_at')
    .execute()
  return rows.map(runFromRow)
}

export async function runProgress(db: Db, id: string): Promise<RunProgress | undefined> {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const counts = await db
    .selectFrom('run_item')
    .select(({ fn }) => ['kind', fn.countAll<string>().as('count')])
    .where('run_id', '=', id)
    .groupBy('kind')
    .execute()
  const settled = Object.fromEntries(counts.map(({ kind, count }) => [kind, Number(count)]))
  return { ...runFromRow(row), settled }
}

function runFromRow(row: {
  id: string
  connection: string
  state: RunState
  from: Date | null
  raised: Run['raised']
  error: string | null
  started_at: Date
  finished_at: Date | null
}): Run {
  return {
    id: row.id,
    connection: row.connection,
    state: row.state,
    from: row.from ?? undefined,
    raised: row.raised,
    error: row.error ?? undefined,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  }
}
