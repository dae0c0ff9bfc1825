import type { Logger } from 'pino'
import { openService } from '../app.ts'
import { type Config, ConfigError } from '../config.ts'
import { untilSignal } from './signals.ts'

export type Role = 'web' | 'worker' | 'all'

/** Runs the service until it is told to stop. @throws {ConfigError} when the role or the folder does not allow it. */
export async function start(config: Config, log: Logger, role: Role): Promise<void> {
  if (config.database.kind === 'embedded') {
    if (role !== 'all') {
      throw new ConfigError([
        `--role ${role} needs DATABASE_URL: the embedded database belongs to one process`,
      ])
    }
  }
  const stopped = untilSignal()
  const service = await openService(config, log)
  try {
    if (role !== 'web') await service.work()
    if (role === 'worker') await service.probe()
    else await service.serve()
    if (role !== 'web') await service.watch()
    log.info({ role, publicUrl: service.publicUrl() }, 'ready')
    log.info({ signal: await stopped }, 'stopping')
  } finally {
    await service.close()
  }
}
