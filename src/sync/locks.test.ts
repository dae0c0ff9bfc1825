import { expect, test } from 'vitest'
import { databaseKinds, openTestDatabase } from '../../test/helpers/databases.ts'
import { CloudTalkError, type CloudTalkFailure } from '../cloudtalk/index.ts'
import { Busy } from './busy.ts'
import { createLocks } from './locks.ts'

const PACE = { firstBackoffMs: 2_000 }
const LOST: CloudTalkFailure = { kind: 'unreachable', cause: 'timeout', maybeDone: true }
const REFUSED: CloudTalkFailure = { kind: 'rejected', fields: {}, message: '' }

test.each(databaseKinds)(
  '%s: after work that has given up a write, nobody gets its locks while the vendor may work on it',
  async (kind) => {
    const { db, close } = await openTestDatabase(kind)
    const [one, other] = [createLocks(db, PACE), createLocks(db, PACE)]
    const failing = (keys: string[], failure: CloudTalkFailure) =>
      one.hold('default', keys, async () => {
        throw new CloudTalkError('POST /bulk/contacts.json', failure)
      })
    /** @returns for how long it is told to be busy; undefined where it was done. */
    const busyFor = async (keys: string[]) => {
      const tried = other.hold('default', keys, async () => undefined)
      const error: unknown = await tried.catch((thrown: unknown) => thrown)
      return error instanceof Busy ? error.forMs : error
    }
    try {
      await expect(failing(['contact/1', 'number/1'], LOST)).rejects.toThrow(CloudTalkError)
      const forMs = await busyFor(['number/1', 'number/2'])
      expect(forMs).toBeGreaterThan(110_000)
      expect(forMs).toBeLessThanOrEqual(120_000)
      await expect(failing(['contact/2'], REFUSED)).rejects.toThrow(CloudTalkError)
      expect(await busyFor(['contact/2'])).toBeUndefined()
      await one.hold('default', ['contact/3'], async () => {
        expect(await busyFor(['contact/3'])).toBe(0)
      })
    } finally {
      one.close()
      other.close()
      await close()
    }
  },
)
