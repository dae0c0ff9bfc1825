import { expect, test } from 'vitest'
import { createClock } from './clock.ts'
import { createRateLimit } from './rate-limit.ts'

test('a window gives its limit, then refuses, then starts anew', () => {
  let now = 120_500
  const limit = createRateLimit({ clock: createClock({ now: () => now }), limit: 2 })
  expect(limit.take()).toEqual({ allowed: true, limit: 2, remaining: 1, resetAt: 180_000 })
  expect(limit.take()).toMatchObject({ allowed: true, remaining: 0 })
  expect(limit.take()).toMatchObject({ allowed: false, remaining: 0 })
  expect(limit.take('another budget')).toMatchObject({ allowed: true, remaining: 1 })
  now = 180_000
  expect(limit.take()).toEqual({ allowed: true, limit: 2, remaining: 1, resetAt: 240_000 })
})

test('a minute is as long as the clock says', () => {
  const limit = createRateLimit({ clock: createClock({ now: () => 5_300, minuteMs: 1_000 }), limit: 1 })
  expect(limit.take().resetAt).toBe(6_000)
  expect(() => createClock({ minuteMs: 0 })).toThrow(/minuteMs/)
})

test('several at once are taken whole or not at all', () => {
  const limit = createRateLimit({ clock: createClock({ now: () => 120_500 }), limit: 5 })
  expect(limit.take('', 3)).toMatchObject({ allowed: true, remaining: 2 })
  expect(limit.take('', 3)).toMatchObject({ allowed: false, remaining: 2 })
  expect(limit.take('', 2)).toMatchObject({ allowed: true, remaining: 0 })
})

test('each window in which something was asked is told', () => {
  let now = 120_500
  const limit = createRateLimit({ clock: createClock({ now: () => now }), limit: 2 })
  for (const by of ['one', 'other', 'one', 'one']) limit.take('', 1, by)
  now = 240_000
  limit.take('a')
  limit.take('b', 2)
  const [first, second, ...others] = limit.windows()
  expect(first).toEqual({
    startsAt: '1970-01-01T00:02:00.000Z',
    limit: 2,
    used: 2,
    refused: 2,
    by: { one: { asked: 3, refused: 2 }, other: { asked: 1, refused: 0 } },
  })
  expect(second).toEqual({
    startsAt: '1970-01-01T00:04:00.000Z',
    limit: 2,
    used: 3,
    refused: 0,
    by: { '': { asked: 3, refused: 0 } },
  })
  expect(others).toEqual([])
  limit.clear()
  expect(limit.windows()).toEqual([])
})
