import type { Db } from './store/database.ts'
import { newerMigration } from './store/migrate.ts'

/** A settle that meets a changed table tries again for longer than this, and only then fails. */
const LOOK_MS = 2_000

/** Whether a newer version of the program has migrated the database under this process. */
export interface SchemaWatch {
  /** Rejects when it has. */
  superseded: Promise<never>
  /** @throws {Superseded} where it has. */
  check(): void
  stop(): void
}

/** This process is too old for the database that it works on. */
export class Superseded extends Error {
  override readonly name = 'Superseded' as const

  constructor(migration: string) {
    super(
      `A newer version of the service has changed the database (${migration}). This process stops, so that it takes nothing for a failure that it only does not know. Start the newer version in its place.`,
    )
  }
}

export function watchSchema(db: Db): SchemaWatch {
  const { promise: superseded, reject } = Promise.withResolvers<never>()
  // Who does not wait for it learns of it by nothing else.
  superseded.catch(() => undefined)
  let found: Superseded | undefined
  let looking: NodeJS.Timeout | undefined
  let stopped = false
  const look = async () => {
    // A database that is away is looked at again.
    const migration = await newerMigration(db).catch(() => undefined)
    if (migration === undefined) return lookAgain()
    found = new Superseded(migration)
    reject(found)
  }
  // One look at a time: a database that swallows what it is told is not asked more and more.
  const lookAgain = () => {
    if (stopped) return
    looking = setTimeout(look, LOOK_MS)
    looking.unref()
  }
  lookAgain()
  return {
    superseded,
    check() {
      if (found) throw found
    },
    stop() {
      stopped = true
      clearTimeout(looking)
    },
  }
}
