import { isDeepStrictEqual } from 'node:util'
import { type Config, type ConnectionConfig, secretsOf } from './config.ts'
import { type Connection, type ConnectionPorts, openConnection } from './connection.ts'
import { configurationStamp } from './store/connections.ts'
import { type WantedConnection, wantedConnections } from './stored-connections.ts'
import type { Counts } from './sync/counts.ts'

/** A change that another process has saved is taken up after this long. */
const LOOK_MS = 2_000

/** The connections of this process, brought in step with what is set up. */
export interface Connections {
  /** Those that run, in the order in which they are meant where none is named. */
  all(): Connection[]
  /** By its id; the first one where none is given. */
  get(id: string | undefined): Connection | undefined
  /** All that are set up, those that cannot run included. */
  wanted(): Promise<WantedConnection[]>
  /** Works by what is set up now. */
  refresh(): Promise<void>
  /** From now on they take webhooks at this address. */
  serve(publicUrl: string): void
  /** From now on they raise events for what no webhook told of, and go on with runs. */
  watch(): void
  stop(): Promise<void>
  cutOff(): void
  close(): void
}

interface Running {
  config: ConnectionConfig
  connection: Connection
}

type Ports = Omit<ConnectionPorts, 'sharesOrg' | 'counts'> & {
  /** What is counted of a connection. */
  countsOf(id: string): Counts
}

/** @throws when the database does not answer. */
export async function openConnections(config: Config, ports: Ports): Promise<Connections> {
  const { db, vault, log } = ports
  let running = new Map<string, Running>()
  /** Replaced ones, until what they had begun has ended. */
  const retiring = new Set<{ connection: Connection; ended: Promise<void> }>()
  let publicUrl: string | undefined
  let watching = false
  let stopping = false
  let stamp = -1
  let refreshing: Promise<void> = Promise.resolve()

  const wanted = () => wantedConnections(config, db, vault)
  const begin = (connection: Connection) => {
    if (publicUrl !== undefined) connection.keepRegistered(publicUrl)
    if (watching) connection.watch()
  }
  const open = (wish: ConnectionConfig, before: Running | undefined): Promise<Connection> => {
    for (const secret of secretsOf(wish)) config.secrets.add(secret)
    const { org } = wish.accounts.kustomer
    const sharesOrg = () =>
      [...running.values()].filter((other) => other.config.accounts.kustomer.org === org).length > 1
    // Where the org is the same, so is the webhook.
    const webhookToken =
      before?.config.accounts.kustomer.org === org ? before.connection.doors.kustomer.token() : undefined
    return openConnection(wish, { ...ports, counts: ports.countsOf(wish.id), sharesOrg, webhookToken })
  }
  const retire = (connection: Connection) => {
    const entry = {
      connection,
      ended: connection
        .retire()
        .catch((error: unknown) => log.error({ err: error }, 'a replaced connection did not end well'))
        .finally(() => retiring.delete(entry)),
    }
    retiring.add(entry)
  }
  const bringInStep = async () => {
    const newest = await configurationStamp(db)
    if (stopping || newest === stamp) return
    const next = new Map<string, Running>()
    const begun: Connection[] = []
    try {
      for (const { id, config: wish, problem } of await wanted()) {
        if (problem !== undefined) log.error({ connection: id }, problem)
        const now = running.get(id)
        // What cannot be read at this moment does not end what runs.
        if (now && (wish ? isDeepStrictEqual(now.config, wish) : problem !== undefined)) next.set(id, now)
        else if (wish) {
          const connection = await open(wish, now)
          begun.push(connection)
          next.set(id, { config: wish, connection })
        }
      }
    } catch (error) {
      for (const connection of begun) connection.close()
      throw error
    }
    const replaced = [...running].filter(([id, { connection }]) => next.get(id)?.connection !== connection)
    running = next
    stamp = newest
    for (const [, { connection }] of replaced) retire(connection)
    for (const connection of begun) begin(connection)
  }
  const refresh = (): Promise<void> => {
    refreshing = refreshing.catch(() => undefined).then(bringInStep)
    return refreshing
  }
  await refresh()
  const looking = setInterval(() => {
    refresh().catch((error: unknown) => {
      if (!stopping) log.warn({ err: error }, 'it could not be seen whether a connection was changed')
    })
  }, LOOK_MS)
  looking.unref()

  const all = () => [...running.values()].map(({ connection }) => connection)
  const everyOne = () => [...all(), ...[...retiring].map(({ connection }) => connection)]
  return {
    all,
    get: (id) => (id === undefined ? all()[0] : running.get(id)?.connection),
    wanted,
    refresh,
    serve(url) {
      publicUrl = url
      for (const connection of all()) connection.keepRegistered(url)
    },
    watch() {
      watching = true
      for (const connection of all()) connection.watch()
    },
    async stop() {
      stopping = true
      clearInterval(looking)
      await refreshing.catch(() => undefined)
      await Promise.all([...all().map((one) => one.stop()), ...[...retiring].map(({ ended }) => ended)])
    },
    cutOff() {
      for (const connection of everyOne()) connection.cutOff()
    },
    close() {
      clearInterval(looking)
      for (const connection of everyOne()) connection.close()
    },
  }
}
