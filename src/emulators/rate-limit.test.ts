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
