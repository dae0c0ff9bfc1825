import { AsyncLocalStorage } from 'node:async_hooks'
import type { Db } from '../store/database.ts'
import { type Holder, type Leases, markWriting } from '../store/leases.ts'
import { Busy } from './busy.ts'

/** What the code that runs now has leases for, and what the code around it has. */
export interface Held extends Leases {
  around: Held | undefined
  /** That it is being written to, once it is said. */
  said?: Promise<void>
}

/** Of one settle, or of all that share a request. */
const current = new AsyncLocalStorage<readonly Held[]>()

/** Does work while these leases are held. */
export function underLeases<T>(holder: Holder, keys: readonly string[], work: () => Promise<T>): Promise<T> {
  const [around] = current.getStore() ?? []
  return current.run([{ holder, keys, around }], work)
}

/** What the settle that this code runs in has leases for, to lend to a request that it shares with others. */
export const lentLeases = (): readonly Held[] => current.getStore() ?? []

/** Does work under the leases that others lend it; more may come until it writes. */
export const underLentLeases = <T>(lent: readonly Held[], work: () => Promise<T>): Promise<T> =>
  current.run(lent, work)

/**
 * Says with all leases that the code runs under that something of theirs is being written: should the process die,
 * nobody settles it while the vendor may work on that.
 * @throws {Busy} where one of them is somebody else's by now: whoever stood still for so long must not write.
 */
export async function sayWriting(db: Db): Promise<void> {
  const unsaid: Held[] = []
  const said: Promise<void>[] = []
  for (const innermost of current.getStore() ?? []) {
    for (let held: Held | undefined = innermost; held; held = held.around) {
      if (held.said) said.push(held.said)
      else if (held.holder.leaveMs > 0 && !unsaid.includes(held)) unsaid.push(held)
    }
  }
  if (unsaid.length > 0) {
    const saying = markWriting(db, unsaid).then((theirs) => {
      if (!theirs) throw new Busy()
    })
    for (const held of unsaid) {
      held.said = saying
      saying.catch(() => delete held.said)
    }
    said.push(saying)
  }
  await Promise.all(said)
}
