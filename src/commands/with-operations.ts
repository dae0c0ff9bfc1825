import type { Logger } from 'pino'
import { openService } from '../app.ts'
import type { Config } from '../config.ts'
import type { Operations } from '../http/operations.ts'
import { findService } from '../running-service.ts'
import { remoteOperations } from './remote-operations.ts'

/**
 * Runs `use` on the service: on the one that runs on this data folder, or else in this process.
 * @param work whether this process settles events meanwhile, where no service runs.
 */
export async function withOperations<T>(
  config: Config,
  log: Logger,
  work: boolean,
  use: (operations: Operations) => Promise<T>,
): Promise<T> {
  const running = config.database.kind === 'embedded' ? findService(config.dataDir) : undefined
  if (running) return use(remoteOperations(running))
  const service = await openService(config, log)
  try {
    if (work) await service.work()
    return await use(service.operations)
  } finally {
    await service.close()
  }
}
