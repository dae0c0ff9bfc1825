import { AsyncLocalStorage } from 'node:async_hooks'
import type { Write } from '../mapping/write.ts'
import type { Priority } from './event.ts'

/** What one settle has spent so far, in which lane it stands, and which run it belongs to. */
export interface Meter {
  priority: Priority
  requests: number
  runId?: string | undefined
  /** What it has written to either side. */
  writes?: Write[]
}

const current = new AsyncLocalStorage<Meter>()

/** Runs `work` so that every vendor request in it is counted on this meter. */
export const metered = <T>(meter: Meter, work: () => Promise<T>): Promise<T> => current.run(meter, work)

/** Notes what the settle that this code runs in has just written; it is kept even if the settle fails after it. */
export const wrote = (write: Write): void => {
  currentMeter().writes?.push(write)
}

/** The meter of the settle that this code runs in; reads outside of any settle are backfill. */
export const currentMeter = (): Meter => current.getStore() ?? { priority: 'backfill', requests: 0 }
