import { type Logger, pino } from 'pino'
import { openService, type Service } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import { FolderInUse, type FolderOwner, findOwner } from '../data-folder.ts'
import { createLog } from '../log.ts'

/** A service that runs, and takes requests. */
export type Reached = FolderOwner & { port: number }

/**
 * Asks the service that runs on this data folder, which needs no credentials here; where none runs, opens one in this
 * process.
 *
 * @throws {ConfigError} where no service runs and the environment is not right.
 * @throws {FolderInUse} where another command has the folder.
 * @throws {Superseded} where a newer version migrates the database meanwhile.
 */
export async function withService<T>(
  env: Record<string, string | undefined>,
  { remote, local }: { remote(owner: Reached): Promise<T>; local(service: Service): Promise<T> },
): Promise<T> {
  const folder = env.DATA_DIR || './data'
  const owner = env.DATABASE_URL ? undefined : await findOwner(folder)
  if (owner?.port !== undefined) return remote({ ...owner, port: owner.port })
  if (owner) throw new FolderInUse(folder, owner)
  const config = readConfig(env)
  const service = await openService(config, quietLog(config, env.LOG_LEVEL ? config.logLevel : 'error'))
  try {
    return await Promise.race([local(service), service.superseded])
  } finally {
    await service.close()
  }
}

/** A command that answers and ends says only what went wrong, and not on stdout. */
const quietLog = (config: Config, level: string): Logger =>
  createLog(level, config.secrets, pino.destination({ fd: 2, sync: true }))
