import { loadConnection } from '../../store/connections.ts'
import { proofOf } from '../../store/proofs.ts'
import type { SyncContext } from '../context.ts'
import { dayIn, hourIn, yesterdayIn } from './day.ts'
import { isProved, isWhole, type Proof } from './proof.ts'
import { type ProvePorts, prove } from './prove.ts'

/** At this hour of the connection's zone the calls of the day before have long ended, and nobody is in a hurry. */
const HOUR = 3
/** A day that keeps being unexplained is proved this often, and then left to people. */
const TRIES = 6

/**
 * Proves the day before once a night and has settled again what is not explained; then proves anew, an hour later,
 * whether that helped.
 */
export function createNightly(context: SyncContext, ports: ProvePorts): () => Promise<void> {
  const { db, connection, settings, log } = context
  let tried = { day: '', times: 0 }
  return async () => {
    const now = context.now()
    const day = yesterdayIn(settings.timeZone, now)
    if (hourIn(settings.timeZone, now) < HOUR) return
    // A day before the connection began has nothing to prove.
    if ((await loadConnection(db, connection)).createdAt >= dayIn(settings.timeZone, day).to) return
    const last = (await proofOf(db, connection, day))?.result as Proof | undefined
    if (last && isWhole(last) && isProved(last)) return
    tried = { day, times: tried.day === day ? tried.times + 1 : 1 }
    if (tried.times > TRIES) return
    const proof = await prove(context, ports, day, true)
    const { repaired } = proof
    if (isProved(proof)) log.info({ day }, 'every record of the day is explained')
    else
      log.warn(
        { day, unexplained: proof.problems.length, repaired },
        'some records of the day are not explained',
      )
  }
}
