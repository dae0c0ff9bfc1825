import { sql } from 'kysely'
import type { Call, CallDetail } from '../mapping/records.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import { type Standing, type StandingRow, standingColumns, standingOf } from './timeline.ts'

/** What is known of a call, and how far it is logged. */
export interface StoredCall {
  call: Call
  detail: CallDetail | undefined
  standing: Standing
  version: number
  /** It has changed since the version that the last outcome stands for. */
  ahead?: boolean
  /** What it said when a run of it was undone. */
  undone?: unknown
}

/** Stores calls as CloudTalk shows them. */
export async function mirrorCalls(db: Db, connection: string, calls: readonly Call[]): Promise<void> {
  if (calls.length === 0) return
  const rows = calls.map((call) => ({
    id: call.id,
    ended_at: call.endedAt ?? null,
    external_number: call.externalNumber ?? null,
    data: call,
  }))
  await sql`
    insert into call (connection, id, ended_at, external_number, data)
    select distinct on (id) ${connection}, id, ended_at, external_number, data
    from jsonb_to_recordset(${toJson(rows)}::jsonb)
      as r(id text, ended_at timestamptz, external_number text, data jsonb)
    on conflict (connection, id) do update set
      ended_at = excluded.ended_at, external_number = excluded.external_number, data = excluded.data,
      version = call.version + 1
    where call.data is distinct from excluded.data`.execute(db)
}

/**
 * Of these calls, the ended ones that show something no outcome stands for yet.
 * @param endedSince leaves out what ended before, unless it is logged already: then it was edited.
 */
export async function unsettledCalls(
  db: Db,
  connection: string,
  ids: readonly string[],
  endedSince: Date,
): Promise<{ id: string; version: number }[]> {
  if (ids.length === 0) return []
  return db
    .selectFrom('call')
    .leftJoin('timeline', (join) =>
      join
        .onRef('timeline.connection', '=', 'call.connection')
        .onRef('timeline.record_id', '=', 'call.id')
        .on('timeline.kind', '=', 'call'),
    )
    .select(['call.id', 'version'])
    .where('call.connection', '=', connection)
    .where('call.id', 'in', ids)
    .where((where) => where.or([where('ended_at', '>=', endedSince), where('logged_at', 'is not', null)]))
    .where((where) =>
      where.or([where('settled_version', 'is', null), where('settled_version', '<', where.ref('version'))]),
    )
    .orderBy('ended_at')
    .execute()
}

export const findCall = (db: Db, connection: string, id: string): Promise<StoredCall | undefined> =>
  findOne(db, { connection, id })

interface CallRow extends StandingRow {
  item: number
  data: Call
  detail: CallDetail | null
  version: number
  ahead: boolean | null
  undone?: unknown
}

const findOne = batched<{ connection: string; id: string }, StoredCall | undefined>(async (db, items) => {
  const { rows } = await sql<CallRow>`
    select i.item, k.data, k.detail, k.version, k.settled_version < k.version as ahead, ${standingColumns},
      u.stands as undone
    from call k join ${asked(items)} as i(item int, connection text, id text)
      on k.connection = i.connection and k.id = i.id
    left join timeline t on t.connection = k.connection and t.kind = 'call' and t.record_id = k.id
    left join undone u on u.connection = k.connection and u.kind = 'call' and u.record_id = k.id`.execute(db)
  return rowsByItem(rows, items.length).map(
    ([row]) =>
      row && {
        call: row.data,
        detail: row.detail ?? undefined,
        standing: standingOf(row),
        version: row.version,
        ahead: row.ahead ?? false,
        undone: row.undone ?? undefined,
      },
  )
})

/** Adds what was learned of a call; what was known before stays. */
export const addCallDetail: (
  db: Db,
  learned: { connection: string; id: string; detail: CallDetail },
) => Promise<void> = batched(async (db, items) => {
  await sql`
    update call k set detail = coalesce(k.detail, '{}') || i.detail
    from ${asked(items)} as i(connection text, id text, detail jsonb)
    where k.connection = i.connection and k.id = i.id`.execute(db)
  return items.map(() => undefined)
})

/** Keeps by which uuid some webhooks name a call. */
export const nameCall: (db: Db, named: { connection: string; id: string; uuid: string }) => Promise<void> =
  batched(async (db, items) => {
    await sql`
      update call k set uuid = i.uuid
      from ${asked(items)} as i(connection text, id text, uuid text)
      where k.connection = i.connection and k.id = i.id and k.uuid is null`.execute(db)
    return items.map(() => undefined)
  })

/** The id of the call that a webhook names by its uuid, where that is known. */
export async function callIdOf(db: Db, connection: string, uuid: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('call')
    .select('id')
    .where('connection', '=', connection)
    .where('uuid', '=', uuid)
    .executeTakeFirst()
  return row?.id
}
