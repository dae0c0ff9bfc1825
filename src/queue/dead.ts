import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import { toJson } from '../store/json.ts'
import type { RecordKind } from '../store/schema.ts'
import { DEAD } from './policy.ts'

/** Takes away the dead letters of records that are settled again. */
export async function dropDeadLetters(
  db: Db,
  connection: string,
  records: readonly { kind: RecordKind; id: string }[],
): Promise<void> {
  await sql`
    delete from pgboss.job j
    using jsonb_to_recordset(${toJson(records)}::jsonb) as r(kind text, id text)
    where j.name = ${DEAD} and j.data->>'connection' = ${connection}
      and j.data->>'kind' = r.kind and j.data->>'id' = r.id`.execute(db)
}
