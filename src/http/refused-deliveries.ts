import type { Db } from '../store/database.ts'
import { sight, sightings } from '../store/sightings.ts'

/** Anybody can send what is refused: it makes at most one note in this time. */
const NOTE_AGAIN_MS = 60_000
/** Of what nobody sends any more, nothing is left to mend. */
const FORGOTTEN_MS = 24 * 60 * 60_000

/** Notes that CloudTalk's deliveries are refused, and that one was taken since. */
export interface RefusedDeliveries {
  refused(): void
  taken(): void
}

export function createRefusedDeliveries(db: Db, connection: string): RefusedDeliveries {
  let notedAt = Number.NEGATIVE_INFINITY
  let takenSince = true
  let noting: Promise<unknown> = Promise.resolve()
  /** One after the other, so that the later of two is noted as the later; a database that is away misses the note. */
  const next = (note: () => Promise<void>) => {
    noting = noting.then(note).catch(() => undefined)
  }
  return {
    refused() {
      const now = performance.now()
      if (now - notedAt < NOTE_AGAIN_MS) return
      notedAt = now
      takenSince = false
      next(async () => {
        const before = refusedSince(await sightings(db, connection), new Date())
        if (!before) await sight(db, connection, 'refused/cloudtalk/first')
        await sight(db, connection, 'refused/cloudtalk')
      })
    },
    taken() {
      if (takenSince) return
      takenSince = true
      next(() => sight(db, connection, 'webhook/cloudtalk'))
    },
  }
}

/** Since when CloudTalk's deliveries are refused; undefined where one was taken since, or none came for a day. */
export function refusedSince(seen: Awaited<ReturnType<typeof sightings>>, now: Date): Date | undefined {
  const last = seen['refused/cloudtalk']
  const taken = seen['webhook/cloudtalk']
  if (!last || now.getTime() - last.getTime() > FORGOTTEN_MS || (taken && taken >= last)) return undefined
  return seen['refused/cloudtalk/first'] ?? last
}
