import { type Logger, pino } from 'pino'
import { openService } from '../app.ts'
import { type Config, ConfigError, readConfig } from '../config.ts'
import { FolderInUse, findOwner } from '../data-folder.ts'
import type { Operations } from '../http/operations.ts'
import { createLog } from '../log.ts'
import { remoteOperations } from './remote-operations.ts'

const FOLLOW_UPS_MS = 30_000
const LOOK_EVERY_MS = 200

/**
 * Runs `use` on the service: on the one that runs on this data folder, which needs no credentials here, or else in
 * this process.
 *
 * @param work whether this process settles events meanwhile, where no service runs.
 * @param connection by its id; the first one where none is named.
 * @throws {ConfigError} where no service runs and the environment is not complete, or there is no such connection.
 * @throws {FolderInUse} where another command has the folder.
 */
export async function withOperations<T>(
  env: Record<string, string | undefined>,
  work: boolean,
  use: (operations: Operations) => Promise<T>,
  connection?: string,
): Promise<T> {
  const folder = env.DATA_DIR || './data'
  const owner = env.DATABASE_URL ? undefined : await findOwner(folder)
  if (owner?.port !== undefined) return use(remoteOperations(owner.port, owner.token, connection))
  if (owner) throw new FolderInUse(folder, owner)
  const config = readConfig(env)
  const service = await openService(config, quietLog(config, env.LOG_LEVEL ? config.logLevel : 'error'))
  try {
    const named = service.connections.get(connection)
    if (!named && connection !== undefined) {
      throw new ConfigError([`--connection: there is no connection "${connection}"`])
    }
    const { operations } = named ?? service
    if (work) await service.work()
    const result = await use(operations)
    if (work) await followUps(operations)
    return result
  } finally {
    await service.close()
  }
}

/** What a call is given later (its group) is still under way; what has to wait for longer waits for the service. */
async function followUps(operations: Operations): Promise<void> {
  const deadline = Date.now() + FOLLOW_UPS_MS
  while (Date.now() < deadline && (await operations.pending()) > 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** A command that answers and ends says only what went wrong, and not on stdout. */
const quietLog = (config: Config, level: string): Logger =>
  createLog(level, config.secrets, pino.destination({ fd: 2, sync: true }))
