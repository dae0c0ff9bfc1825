import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'

const SEQUENCE_MAX = 0xffffff

/** The id that a thing of the seeded world has in every emulator. */
export const idOfKey = (kind: string, key: string): string =>
  // The published pattern wants a digit next to a letter at the start (contract §1.3).
  `5c${createHash('sha1').update(`${kind}:${key}`).digest('hex').slice(0, 22)}`

/** The one organisation of the emulator. */
export const ORG_ID = idOfKey('org', 'acme')
export const ORG_NAME = 'acme'

/** Ids of new records: 24 hex digits that begin with the time, so that sorting by id is sorting by age. */
export const createIds = ({ clock, seed }: { clock: Clock; seed: number }): (() => string) => {
  let sequence = 0
  const machine = createHash('sha1').update(`ids:${seed}`).digest('hex').slice(0, 10)
  return () => {
    sequence = (sequence + 1) % SEQUENCE_MAX
    const seconds = Math.floor(clock.now() / 1000) % 0xffffffff
    return `${seconds.toString(16).padStart(8, '0')}${machine}${sequence.toString(16).padStart(6, '0')}`
  }
}
