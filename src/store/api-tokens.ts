import { sql } from 'kysely'
import { v7 as uuid } from 'uuid'
import type { Db } from './database.ts'

/** A program that may act, without what it says to prove it. */
export interface StoredToken {
  id: string
  name: string
  role: string
  madeBy: string
  madeAt: Date
  /** Undefined = it lasts until somebody revokes it. */
  expiresAt: Date | undefined
  /** To the minute. */
  lastUsedAt: Date | undefined
}

/** A token in use is noted as often as this. */
const NOTE_SECONDS = 60

/** @returns its id; undefined where another one has the name. */
export async function addToken(
  db: Db,
  token: { digest: string; name: string; role: string; madeBy: string; days: number | undefined },
): Promise<string | undefined> {
  const { digest, name, role, madeBy, days } = token
  const expires_at =
    days === undefined ? null : sql<Date>`clock_timestamp() + make_interval(days => ${days}::int)`
  const row = await db
    .insertInto('api_token')
    .values({ id: uuid(), digest, name, role, made_by: madeBy, expires_at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** All of them, by name; those that have expired too. */
export async function apiTokens(db: Db): Promise<StoredToken[]> {
  const rows = await db
    .selectFrom('api_token')
    .select(['id', 'name', 'role', 'made_by', 'made_at', 'expires_at', 'last_used_at'])
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    role: row.role,
    madeBy: row.made_by,
    madeAt: row.made_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  }))
}

/** Whose token it is, while it is good; that it was used is noted now and then. */
export async function tokenBy(db: Db, digest: string): Promise<{ name: string; role: string } | undefined> {
  const noted = sql<boolean>`last_used_at > clock_timestamp() - make_interval(secs => ${NOTE_SECONDS})`
  const row = await db
    .selectFrom('api_token')
    .select(['name', 'role', noted.as('noted')])
    .where('digest', '=', digest)
    .where((token) =>
      token.or([token('expires_at', 'is', null), token('expires_at', '>', sql<Date>`clock_timestamp()`)]),
    )
    .executeTakeFirst()
  if (!row) return undefined
  if (!row.noted) {
    await db
      .updateTable('api_token')
      .set({ last_used_at: sql<Date>`clock_timestamp()` })
      .where('digest', '=', digest)
      .execute()
  }
  return { name: row.name, role: row.role }
}

/** @returns its name; undefined where there is none. */
export async function removeToken(db: Db, id: string): Promise<string | undefined> {
  const row = await db.deleteFrom('api_token').where('id', '=', id).returning('name').executeTakeFirst()
  return row?.name
}
