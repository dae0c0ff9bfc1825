import type { KyselyPlugin } from 'kysely'
import { pino } from 'pino'
import type { ConnectionConfig } from '../../src/config.ts'
import { type Connection, openConnection } from '../../src/connection.ts'
import { type Db, openDatabase } from '../../src/store/database.ts'
import { uncounted } from '../../src/sync/counts.ts'
import type { Raise } from '../../src/sync/event.ts'
import type { TestDatabase } from './databases.ts'

/** What one process holds in memory, and how it dies: between two statements, with all that it was about to do. */
export interface Process {
  connection: Connection
  /** Its `count`-th statement from now is one that it never sends. */
  dieAt(count: number): void
  isDead(): boolean
  end(): void
}

export class Died extends Error {
  override readonly name = 'Died' as const
}

interface Ports {
  db: Db
  raise: Raise
  /** Told what the process itself calls an error. */
  stumbled(line: string): void
}

export async function startProcess(config: ConnectionConfig, ports: Ports): Promise<Process> {
  let left = Number.POSITIVE_INFINITY
  let dead = false
  let connection: Connection | undefined
  const live = () => {
    left--
    if (left <= 0 && !dead) {
      dead = true
      connection?.cutOff()
    }
    if (dead) throw new Died()
  }
  const crashing: KyselyPlugin = {
    transformQuery: ({ node }) => {
      live()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const log = pino({ level: 'error' }, { write: (line) => void (dead || ports.stumbled(line)) })
  const db = ports.db.withPlugin(crashing)
  const raise: Raise = async (events) => {
    live()
    await ports.raise(events)
  }
  const pace = { detailAfterMs: 0, aiAfterMs: 0, firstBackoffMs: 1 }
  const opened = await openConnection(config, {
    db,
    raise,
    pace,
    log,
    sharesOrg: () => false,
    counts: uncounted,
    vault: undefined,
  })
  connection = opened
  return {
    connection: opened,
    dieAt: (count) => {
      left = count
    },
    isDead: () => dead,
    end: () => opened.close(),
  }
}

/** The next process on the same database, when all leases of the dead one have run out. */
export async function restart(dead: Process, config: ConnectionConfig, ports: Ports): Promise<Process> {
  dead.end()
  await ports.db.deleteFrom('lease').execute()
  return startProcess(config, ports)
}

export const openBase = ({ env }: TestDatabase): ReturnType<typeof openDatabase> => {
  if (env.DATABASE_URL === undefined) throw new Error('the model runs on PostgreSQL')
  return openDatabase({ kind: 'postgres', url: env.DATABASE_URL })
}
