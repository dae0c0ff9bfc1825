import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CloudTalkError, type CloudTalkFailure } from '../cloudtalk/index.ts'
import { KustomerError, type KustomerFailure } from '../kustomer/index.ts'
import type { Outcome } from '../store/outcomes.ts'
import type { CircuitCause } from '../store/schema.ts'
import { backoffMs, failedSettle, type Surroundings } from './failure.ts'
import { Stopping } from './stopping.ts'

const NOW = 1_780_000_000_000
const FIRST = 2_000
const MINUTE = 60_000
const LAST_TRY = 5

type Expected = Pick<Outcome, 'outcome' | 'reason'> & { retryInMs: number | undefined }

/** What the first try and the last one of a failure lead to; with `Math.random` in the middle, backoff is exact. */
interface Case<Failure> {
  failure: Failure
  first: Expected
  last: Expected
}

const same = <Failure>(failure: Failure, expected: Expected): Case<Failure> => ({
  failure,
  first: expected,
  last: expected,
})
const backingOff = <Failure>(failure: Failure, reason: Outcome['reason']): Case<Failure> => ({
  failure,
  first: { outcome: 'waiting', reason, retryInMs: FIRST },
  last: { outcome: 'waiting', reason, retryInMs: FIRST * 2 ** LAST_TRY },
})
const passing = <Failure>(failure: Failure, reason: Outcome['reason']): Case<Failure> => ({
  failure,
  first: { outcome: 'waiting', reason, retryInMs: FIRST },
  last: { outcome: 'failed', reason, retryInMs: undefined },
})
/** While the key works otherwise. */
const notAllowed = <Failure>(failure: Failure): Case<Failure> => ({
  failure,
  first: { outcome: 'waiting', reason: 'UNAUTHORIZED', retryInMs: 5 * MINUTE },
  last: { outcome: 'failed', reason: 'UNAUTHORIZED', retryInMs: undefined },
})
const byCloudTalk = { outcome: 'failed', reason: 'REJECTED_BY_CLOUDTALK', retryInMs: undefined } as const
const byKustomer = { outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER', retryInMs: undefined } as const

// By kind, so that the compiler asks for a case when a client learns of another kind.
const cloudtalk: { [K in CloudTalkFailure['kind']]: Case<Extract<CloudTalkFailure, { kind: K }>> } = {
  rateLimited: backingOff({ kind: 'rateLimited' }, 'RATE_LIMITED'),
  unauthorized: notAllowed({ kind: 'unauthorized' }),
  forbidden: notAllowed({ kind: 'forbidden', message: 'no' }),
  rejected: same({ kind: 'rejected', fields: { name: ['too long'] }, message: 'no' }, byCloudTalk),
  notFound: passing({ kind: 'notFound' }, 'NOT_FOUND'),
  conflict: passing({ kind: 'conflict' }, 'CONFLICT'),
  gone: same({ kind: 'gone', message: 'expired' }, byCloudTalk),
  unavailable: backingOff({ kind: 'unavailable', status: 503 }, 'VENDOR_UNAVAILABLE'),
  unreachable: backingOff({ kind: 'unreachable', cause: 'timeout', maybeDone: false }, 'VENDOR_UNAVAILABLE'),
  unreadable: passing({ kind: 'unreadable', path: 'data', issue: 'not JSON' }, 'UNREADABLE_ANSWER'),
}
const kustomer: { [K in KustomerFailure['kind']]: Case<Extract<KustomerFailure, { kind: K }>> } = {
  rateLimited: backingOff({ kind: 'rateLimited' }, 'RATE_LIMITED'),
  unauthorized: notAllowed({ kind: 'unauthorized' }),
  forbidden: notAllowed({ kind: 'forbidden' }),
  rejected: same({ kind: 'rejected', fields: ['phones'], detail: 'no' }, byKustomer),
  conflict: passing({ kind: 'conflict', fields: ['phones'] }, 'CONFLICT'),
  notFound: passing({ kind: 'notFound' }, 'NOT_FOUND'),
  gone: same({ kind: 'gone' }, byKustomer),
  tooLarge: same({ kind: 'tooLarge' }, byKustomer),
  unavailable: backingOff({ kind: 'unavailable', status: 500 }, 'VENDOR_UNAVAILABLE'),
  unreachable: backingOff({ kind: 'unreachable', cause: 'reset', maybeDone: false }, 'VENDOR_UNAVAILABLE'),
  unreadable: passing({ kind: 'unreadable', path: 'data', issue: 'not JSON' }, 'UNREADABLE_ANSWER'),
}

const when = (away: CircuitCause[] = []): Surroundings => ({
  now: () => new Date(NOW),
  pace: { firstBackoffMs: FIRST },
  vendors: {
    away: () =>
      away.map((cause) => ({
        vendor: 'kustomer',
        cause,
        sentence: '',
        since: new Date(),
        probeAt: new Date(),
      })),
  },
})
const sorted = (error: unknown, attempt: number) => {
  const { outcome, retryInMs } = failedSettle(error, attempt, when())
  return { outcome: outcome.outcome, reason: outcome.reason, retryInMs }
}

describe('with chance left out', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const cases = [
    ...Object.values(cloudtalk).map(({ failure, ...rest }) => ({
      label: `CloudTalk ${failure.kind}`,
      error: new CloudTalkError('GET /x', failure),
      ...rest,
    })),
    ...Object.values(kustomer).map(({ failure, ...rest }) => ({
      label: `Kustomer ${failure.kind}`,
      error: new KustomerError('GET /x', failure),
      ...rest,
    })),
    { label: 'an error of our own', error: new TypeError('x'), ...passing(undefined, 'INTERNAL_ERROR') },
    { label: 'what is no error', error: 'x', ...passing(undefined, 'INTERNAL_ERROR') },
  ]

  test.each(cases)('$label, at the first try', ({ error, first }) => {
    expect(sorted(error, 0)).toEqual(first)
  })

  test.each(cases)('$label, at the sixth', ({ error, last }) => {
    expect(sorted(error, LAST_TRY)).toEqual(last)
  })

  test.each(cases)('$label, at the fifth, goes as at the first', ({ error, first }) => {
    const { outcome, reason, retryInMs } = sorted(error, LAST_TRY - 1)
    expect({ outcome, reason, again: retryInMs !== undefined }).toEqual({
      outcome: first.outcome,
      reason: first.reason,
      again: first.retryInMs !== undefined,
    })
  })

  test.each([
    { label: 'to come', retryAt: NOW + 30_000, retryInMs: 30_500 },
    { label: 'beyond the longest backoff', retryAt: NOW + 10 * MINUTE, retryInMs: 10 * MINUTE + 500 },
    { label: 'at this moment', retryAt: NOW, retryInMs: FIRST },
    { label: 'long ago', retryAt: NOW - 30_000, retryInMs: FIRST },
  ])('a limit whose end is $label', ({ retryAt, retryInMs }) => {
    const failure = { kind: 'rateLimited', retryAt } as const
    expect(sorted(new CloudTalkError('GET /x', failure), 0).retryInMs).toBe(retryInMs)
    expect(sorted(new KustomerError('GET /x', failure), 0).retryInMs).toBe(retryInMs)
  })
})

test.each(['timeout', 'aborted', 'gateway'] as const)(
  'a write that is given up (%s) comes again when the vendor has had two minutes for it, and no sooner',
  (cause) => {
    const failure = { kind: 'unreachable', cause, maybeDone: true } as const
    for (const error of [new CloudTalkError('PUT /x', failure), new KustomerError('PUT /x', failure)]) {
      expect(failedSettle(error, 0, when())).toMatchObject({ retryInMs: 2 * MINUTE })
      expect(failedSettle(error, 0, when()).held).toBeUndefined()
      expect(failedSettle(error, 100, when()).retryInMs).toBeGreaterThan(MINUTE)
    }
  },
)

test.each([
  { label: 'a bulk request of Kustomer', error: KustomerError, route: 'POST /customers/bulk', works: true },
  { label: 'one of updates', error: KustomerError, route: 'PUT /conversations/bulk', works: true },
  { label: 'a look at one', error: KustomerError, route: 'GET /bulk/:id', works: false },
  { label: 'one of CloudTalk', error: CloudTalkError, route: 'POST /bulk/contacts.json', works: false },
])('$label whose answer is lost at once: it may be worked on yet, $works', ({ error, route, works }) => {
  const lost = new error(route, { kind: 'unreachable', cause: 'reset', maybeDone: !route.startsWith('GET') })
  const { retryInMs = 0, held = false } = failedSettle(lost, 0, when())
  expect({ waits: retryInMs >= 2 * MINUTE, held }).toEqual({ waits: works, held: !works })
})

test.each([0, LAST_TRY, 100])('while the key itself is refused, no try is counted (%i)', (attempt) => {
  for (const kind of ['unauthorized', 'forbidden'] as const) {
    const failed = failedSettle(new KustomerError('GET /x', { kind }), attempt, when(['refused']))
    expect(failed).toMatchObject({ outcome: { outcome: 'waiting' }, held: true, untried: true })
  }
})

test('a key that the one refuses says nothing about the other', () => {
  const failed = failedSettle(
    new CloudTalkError('GET /x', { kind: 'unauthorized' }),
    LAST_TRY,
    when(['refused']),
  )
  expect(failed.outcome.outcome).toBe('failed')
})

test('a vendor that is away says nothing about a key', () => {
  const failed = failedSettle(new KustomerError('GET /x', { kind: 'forbidden' }), LAST_TRY, when(['away']))
  expect(failed.outcome.outcome).toBe('failed')
})

test("a vendor's failure is told in the client's sentence", () => {
  const error = new CloudTalkError('GET /x', { kind: 'notFound' })
  expect(failedSettle(error, 0, when()).outcome.sentence).toBe(error.message)
})

test.each([
  { label: 'an error', error: new RangeError('+442071838750'), name: 'RangeError' },
  { label: 'something else', error: '+442071838750', name: 'an unknown error' },
])('$label of our own is told by its name, not by its text', ({ error, name }) => {
  const { sentence } = failedSettle(error, 0, when()).outcome
  expect(sentence).toContain(name)
  expect(sentence).not.toContain('+442071838750')
})

test.each([0, LAST_TRY, 100])(
  'a stop waits for the next start, whatever was tried before (%i)',
  (attempt) => {
    expect(sorted(new Stopping(), attempt)).toEqual({
      outcome: 'waiting',
      reason: 'RATE_LIMITED',
      retryInMs: 0,
    })
  },
)

describe('backoff', () => {
  const first = fc.integer({ min: 50, max: 10 * MINUTE })
  const attempt = fc.nat({ max: 10_000 })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  test('stays within 20 % of what is doubled, up to five minutes', () => {
    fc.assert(
      fc.property(first, attempt, chance, (firstMs, tried, random) => {
        const wanted = Math.min(5 * MINUTE, firstMs * 2 ** tried)
        const wait = backoffMs(firstMs, tried, () => random)
        expect(wait).toBeGreaterThanOrEqual(Math.floor(wanted * 0.8))
        expect(wait).toBeLessThanOrEqual(Math.ceil(wanted * 1.2))
        expect(Number.isInteger(wait)).toBe(true)
      }),
      { examples: [[50, 10_000, 0]] },
    )
  })

  test('never shrinks from one try to the next', () => {
    fc.assert(
      fc.property(first, attempt, chance, (firstMs, tried, random) => {
        const at = (count: number) => backoffMs(firstMs, count, () => random)
        expect(at(tried + 1)).toBeGreaterThanOrEqual(at(tried))
      }),
    )
  })

  test('uses the whole width, so that what failed together does not come back together', () => {
    const waits = [0, 0.5, 1 - Number.EPSILON].map((random) => backoffMs(1_000, 3, () => random))
    expect(waits).toEqual([6_400, 8_000, 9_600])
  })
})

test('a reset that lies years ahead is not waited for', () => {
  const retryAt = NOW + 54_000 * 365 * 24 * 60 * 60_000
  const { retryInMs } = failedSettle(new KustomerError('GET /x', { kind: 'rateLimited', retryAt }), 0, when())
  expect(retryInMs).toBeLessThanOrEqual(3_601_000)
})
