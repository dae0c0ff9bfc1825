import { sql } from 'kysely'
import type { Db } from './database.ts'
import type { CircuitCause } from './schema.ts'

/** A vendor account that gets no requests at present, as all processes see it. */
export interface OpenCircuit {
  cause: CircuitCause
  /** What the vendor did, without any value of a record. */
  sentence: string
  since: Date
  /** When it is asked next whether it is back. */
  probeAt: Date
}

/** One that breaks again this soon after it was mended goes on with the waits that it had. */
const AGAIN_SECONDS = 60
const LONGEST_WAIT_SECONDS = 60

/** Doubles from the first wait to a minute, ± 20 %. */
const nextProbe = (probes: ReturnType<typeof sql>, firstMs: number) =>
  sql`clock_timestamp() + make_interval(secs => (0.8 + 0.4 * random())
    * least(${LONGEST_WAIT_SECONDS}::float8, ${firstMs / 1_000}::float8 * power(2, least(${probes}, 10))))`

/** Opens the circuit of an account, unless another process was first. */
export async function openCircuit(
  db: Db,
  account: string,
  { cause, sentence }: Pick<OpenCircuit, 'cause' | 'sentence'>,
  firstWaitMs: number,
): Promise<void> {
  const recent = sql`circuit.ended_at > clock_timestamp() - make_interval(secs => ${AGAIN_SECONDS})`
  const probes = sql`case when ${recent} then circuit.probes + 1 else 0 end`
  await sql`
    insert into circuit (account, cause, sentence, probe_at)
    values (${account}, ${cause}, ${sentence}, ${nextProbe(sql`0`, firstWaitMs)})
    on conflict (account) do update set
      cause = excluded.cause, sentence = excluded.sentence, ended_at = null,
      since = case when ${recent} then circuit.since else clock_timestamp() end,
      probes = ${probes}, probe_at = ${nextProbe(probes, firstWaitMs)}
    where circuit.ended_at is not null`.execute(db)
}

/** Undefined where the account gets its requests. */
export const findOpenCircuit = (db: Db, account: string): Promise<OpenCircuit | undefined> =>
  db
    .selectFrom('circuit')
    .select(['cause', 'sentence', 'since', 'probe_at as probeAt'])
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .executeTakeFirst()

/** @returns whether it is this process's turn to ask: of all processes one, and not before the time has come. */
export async function claimProbe(db: Db, account: string, firstWaitMs: number): Promise<boolean> {
  const { rows } = await sql`
    update circuit set probes = probes + 1, probe_at = ${nextProbe(sql`probes + 1`, firstWaitMs)}
    where account = ${account} and ended_at is null and probe_at <= clock_timestamp()
    returning account`.execute(db)
  return rows.length > 0
}

/** The account was asked, and is still away. */
export async function stillOpen(
  db: Db,
  account: string,
  { cause, sentence }: Pick<OpenCircuit, 'cause' | 'sentence'>,
): Promise<void> {
  await db
    .updateTable('circuit')
    .set({ cause, sentence })
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute()
}

export async function closeCircuit(db: Db, account: string): Promise<void> {
  await db
    .updateTable('circuit')
    .set({ ended_at: sql<Date>`clock_timestamp()` })
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute()
}
