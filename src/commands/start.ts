import type { Logger } from 'pino'
import { openService, type Service } from '../app.ts'
import { type Config, ConfigError } from '../config.ts'
import { untilSignal } from './signals.ts'

export type Role = 'web' | 'worker' | 'all'

/** A supervisor kills after ten seconds; before it does, the log says what hangs. */
const LAST_EXIT_MS = 9_500

/**
 * Runs the service until it is told to stop. @throws {ConfigError} when the role or the folder does not allow it.
 * @throws {Superseded} where a newer version has taken the database over.
 */
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
    log.info({ signal: await Promise.race([stopped, service.superseded]) }, 'stopping')
  } catch (error) {
    log.error({ err: error }, 'the service cannot go on')
    throw error
  } finally {
    exitInTime(service, log)
    await service.close()
  }
}

/** Also where everything is closed and something still keeps the process alive. */
function exitInTime(service: Service, log: Logger): void {
  const last = setTimeout(() => {
    const open = { open: service.stillOpen(), resources: process.getActiveResourcesInfo() }
    log.error(open, 'the stop took too long; what was under way comes again after the next start')
    process.exit(1)
  }, LAST_EXIT_MS)
  last.unref()
}
