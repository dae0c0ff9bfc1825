import { ConfigError, NO_CONNECTION } from '../config.ts'
import { type Configured, type Configuring, changeSettings } from '../http/configuring.ts'
import type { Settings } from '../mapping/settings.ts'
import type { SettingsChange } from '../mapping/settings-fields.ts'
import { recordDeed } from '../store/audit.ts'
import type { Check } from '../sync/check-accounts.ts'
import type { Recipe } from '../sync/recipes.ts'
import { askService } from './ask-service.ts'
import { noSuchConnection } from './with-operations.ts'
import { withService } from './with-service.ts'

/** What commands ask about how connections are set up. */
export interface ConfiguringDesk extends Pick<Configuring, 'connections' | 'check' | 'recipes'> {
  /** Saves settings, and notes who changed what. @returns the changes. @throws {Unsettable} */
  change(connection: Configured, settings: Settings): Promise<SettingsChange[]>
}

/** Runs `use` on what is set up: at the service that runs on this data folder, or else by one in this process. */
export const withConfiguring = <T>(
  env: Record<string, string | undefined>,
  use: (desk: ConfiguringDesk) => Promise<T>,
): Promise<T> =>
  withService(env, {
    remote: ({ port, token }) => use(remoteDesk(port, token)),
    local: ({ configuring, db }) =>
      use({
        connections: configuring.connections,
        check: configuring.check,
        recipes: configuring.recipes,
        change: (connection, settings) =>
          changeSettings(configuring, connection, connection.revision, settings, (did, subject) =>
            recordDeed(db, { connection: connection.id, who: 'The command line', did, subject }),
          ),
      }),
  })

/**
 * The named connection, or all of them; and whether there are several.
 * @throws {ConfigError} where there is none.
 */
export async function meantConnections(
  desk: ConfiguringDesk,
  named: string | undefined,
): Promise<{ connections: Configured[]; several: boolean }> {
  const all = await desk.connections()
  if (all.length === 0) throw new ConfigError([NO_CONNECTION])
  const connections = named === undefined ? all : all.filter(({ id }) => id === named)
  if (named !== undefined && connections.length === 0) throw noSuchConnection(named)
  return { connections, several: all.length > 1 }
}

function remoteDesk(port: number, token: string): ConfiguringDesk {
  const { answer } = askService(port, token)
  const at = (id: string) => encodeURIComponent(id)
  return {
    connections: async () => (await answer<{ connections: Configured[] }>('/settings')).connections,
    check: async (id) => (await answer<{ checks: Check[] }>(`/connections/${at(id)}/check`)).checks,
    recipes: async (id) => (await answer<{ recipes: Recipe[] }>(`/connections/${at(id)}/recipes`)).recipes,
    async change({ id, revision }, settings) {
      const body = { settings, revision }
      return (await answer<{ changes: SettingsChange[] }>(`/settings/${at(id)}`, body)).changes
    },
  }
}
