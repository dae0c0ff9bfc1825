import type { Random } from '../../src/emulators/random.ts'
import type { TestDatabase } from '../helpers/databases.ts'
import { freePort } from '../helpers/process.ts'
import type { Failure } from './checker.ts'
import type { LoadBalancer } from './load-balancer.ts'
import { type SupervisedProcess, startSupervised } from './supervised.ts'

export type Role = 'web' | 'worker' | 'all'

/** The processes of one installation, and whoever starts a new one where one has ended. */
export interface Deployment {
  /** Ends a process at random; another one is started in its place. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  killed(): Record<'SIGKILL' | 'SIGTERM', number>
  /** Processes that have ended without having been told to, once they were ready. */
  crashes(): Failure[]
  /** What every process has written, those that are no more included. */
  logs(): string[]
  stop(): Promise<void>
}

interface Place {
  role: Role
  url: string
  env: Record<string, string>
  /** The one that runs here, or that ran here last. */
  running?: SupervisedProcess
  /** Resolves when a process is ready here, after however many starts. */
  up: Promise<void>
}

/** A start may fall into the moment in which the database is away; a supervisor tries again. */
const STARTS = 20
const LAST_WORDS = 600

export async function startDeployment(
  roles: readonly Role[],
  env: Record<string, string>,
  database: TestDatabase,
  balancer: LoadBalancer,
  random: Random,
): Promise<Deployment> {
  const all: SupervisedProcess[] = []
  const crashes: Failure[] = []
  const killed = { SIGKILL: 0, SIGTERM: 0 }
  const endedOnPurpose = new Set<SupervisedProcess>()
  let stopping = false

  const bringUp = async (place: Place): Promise<void> => {
    for (let tries = 1; !stopping; tries++) {
      const running = startSupervised(place.env, place.role)
      all.push(running)
      place.running = running
      try {
        await running.ready
        if (place.role !== 'worker') balancer.add(place.url)
        running.ended.then(() => replace(place, running))
        return
      } catch (error) {
        if (tries === STARTS) throw error
      }
    }
  }
  const replace = (place: Place, ended: SupervisedProcess): void => {
    balancer.remove(place.url)
    if (stopping) return
    const complain = (what: string) => crashes.push({ id: place.role, what: what.slice(-LAST_WORDS) })
    if (!endedOnPurpose.has(ended)) complain(ended.output())
    place.up = bringUp(place)
    place.up.catch((error) => complain(String(error)))
  }
  const places = await Promise.all(
    roles.map(async (role) => {
      const port = await freePort()
      const processEnv = { ...env, ...database.env, PORT: String(port) }
      const place: Place = { role, url: `http://127.0.0.1:${port}`, env: processEnv, up: Promise.resolve() }
      await bringUp(place)
      return place
    }),
  )
  return {
    async kill(signal) {
      const place = places[Math.floor(random() * places.length)]
      await place?.up
      if (!place?.running) return
      endedOnPurpose.add(place.running)
      await place.running.end(signal)
      killed[signal]++
      await place.up
    },
    killed: () => ({ ...killed }),
    crashes: () => [...crashes],
    logs: () => all.map(({ output }) => output()),
    async stop() {
      stopping = true
      await Promise.all(places.map(({ running }) => running?.end('SIGTERM')))
    },
  }
}
