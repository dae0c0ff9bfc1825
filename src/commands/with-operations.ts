import { ConfigError } from '../config.ts'
import type { Operations } from '../http/operations.ts'
import { askService } from './ask-service.ts'
import { remoteOperations } from './remote-operations.ts'
import { withService } from './with-service.ts'

const FOLLOW_UPS_MS = 30_000
const LOOK_EVERY_MS = 200

/**
 * Runs `use` on a connection of the service: of the one that runs on this data folder, or else of one in this process.
 *
 * @param work whether this process settles events meanwhile, where no service runs.
 * @param connection by its id; the first one where none is named.
 * @throws {ConfigError} where no service runs and the environment is not right, or there is no such connection.
 * @throws {FolderInUse} where another command has the folder.
 */
export const withOperations = <T>(
  env: Record<string, string | undefined>,
  work: boolean,
  use: (operations: Operations) => Promise<T>,
  connection?: string,
): Promise<T> =>
  withService(env, {
    async remote({ port, token }) {
      const { answer } = askService(port, token)
      const running = async () =>
        (await answer<{ connections: { id: string }[] }>('/connections')).connections
      if (connection !== undefined && !(await running()).some(({ id }) => id === connection)) {
        throw noSuchConnection(connection)
      }
      return use(remoteOperations(port, token, connection))
    },
    async local(service) {
      const named = service.connections.get(connection)
      if (!named && connection !== undefined) throw noSuchConnection(connection)
      const { operations } = named ?? service
      if (work) await service.work()
      const result = await use(operations)
      if (work) await followUps(operations)
      return result
    },
  })

/** The same beside a running service and without one. */
export const noSuchConnection = (id: string): ConfigError =>
  new ConfigError([`--connection: there is no connection "${id}"`])

/** What a call is given later (its group) is still under way; what has to wait for longer waits for the service. */
async function followUps(operations: Operations): Promise<void> {
  const deadline = Date.now() + FOLLOW_UPS_MS
  while (Date.now() < deadline && (await operations.pending()) > 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
