import { sql } from 'kysely'
import { v7 as uuid } from 'uuid'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { ReviewDecision, ReviewKind } from './schema.ts'

/** Something that looks like one person twice, and that only a person can tell. */
export interface Review {
  id: string
  kind: ReviewKind
  /** Of an ambiguous name the customer, of a duplicate contact the contact. */
  recordId: string
  /** Contacts that it may belong to. */
  candidates: string[]
  openedAt: Date
  decision: ReviewDecision | undefined
  decidedAt: Date | undefined
}

/**
 * Opens a review, or brings the candidates of the open one up to date.
 * @param print stands for what its records show.
 * @returns false where a person has kept them apart when they showed the same, so that nobody is asked.
 */
export async function openReview(
  db: Db,
  connection: string,
  { kind, recordId, candidates }: Pick<Review, 'kind' | 'recordId' | 'candidates'>,
  print: string,
): Promise<boolean> {
  const { rows } = await sql`
    insert into review (id, connection, kind, record_id, candidates)
    select ${uuid()}::uuid, ${connection}, ${kind}, ${recordId}, ${toJson(candidates)}::jsonb
    where not exists (
      select 1 from review kept where kept.connection = ${connection} and kept.kind = ${kind}
        and kept.record_id = ${recordId} and kept.decision = 'keep-apart' and kept.print = ${print})
    on conflict (connection, kind, record_id) where decided_at is null
      do update set candidates = excluded.candidates
    returning id`.execute(db)
  return rows.length > 0
}

/** Open ones, oldest first. */
export async function openReviews(db: Db, connection: string, limit: number): Promise<Review[]> {
  const rows = await db
    .selectFrom('review')
    .selectAll()
    .where('connection', '=', connection)
    .where('decided_at', 'is', null)
    .orderBy('opened_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(reviewFromRow)
}

export async function findReview(db: Db, connection: string, id: string): Promise<Review | undefined> {
  const row = await db
    .selectFrom('review')
    .selectAll()
    .where('connection', '=', connection)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && reviewFromRow(row)
}

/**
 * @param print stands for what its records showed.
 * @returns false where somebody else has decided it before.
 */
export async function closeReview(
  db: Db,
  id: string,
  decision: ReviewDecision,
  print: string,
  at: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('review')
    .set({ decision, decided_at: at, print })
    .where('id', '=', id)
    .where('decided_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

function reviewFromRow(row: {
  id: string
  kind: ReviewKind
  record_id: string
  candidates: string[]
  opened_at: Date
  decision: ReviewDecision | null
  decided_at: Date | null
}): Review {
  return {
    id: row.id,
    kind: row.kind,
    recordId: row.record_id,
    candidates: row.candidates,
    openedAt: row.opened_at,
    decision: row.decision ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  }
}
