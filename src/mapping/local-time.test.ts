import { expect, test } from 'vitest'
import { localDay, localTime } from './local-time.ts'

test.each<[iso: string, timeZone: string, expected: string]>([
  ['2026-11-22T13:05:00Z', 'Europe/Bratislava', '22 Nov 2026, 14:05 GMT+1'],
  ['2026-11-22T14:05:00+01:00', 'Europe/Bratislava', '22 Nov 2026, 14:05 GMT+1'],
  ['2026-11-22T13:05:59.999Z', 'UTC', '22 Nov 2026, 13:05 GMT+0'],
  ['2026-11-22T23:00:00Z', 'Europe/Bratislava', '23 Nov 2026, 00:00 GMT+1'],
  ['2026-07-01T05:00:00Z', 'UTC', '1 Jul 2026, 05:00 GMT+0'],
  ['2026-11-22T13:05:00Z', 'Asia/Kolkata', '22 Nov 2026, 18:35 GMT+5:30'],
  ['2026-11-22T13:05:00Z', 'America/St_Johns', '22 Nov 2026, 09:35 GMT-3:30'],
  ['2027-01-01T02:00:00Z', 'America/New_York', '31 Dec 2026, 21:00 GMT-5'],
  // The hour that spring leaves out.
  ['2026-03-29T00:59:59Z', 'Europe/Bratislava', '29 Mar 2026, 01:59 GMT+1'],
  ['2026-03-29T01:00:00Z', 'Europe/Bratislava', '29 Mar 2026, 03:00 GMT+2'],
  ['2026-03-08T06:59:59Z', 'America/New_York', '8 Mar 2026, 01:59 GMT-5'],
  ['2026-03-08T07:00:00Z', 'America/New_York', '8 Mar 2026, 03:00 GMT-4'],
  // The hour that autumn repeats.
  ['2026-10-25T00:30:00Z', 'Europe/Bratislava', '25 Oct 2026, 02:30 GMT+2'],
  ['2026-10-25T01:30:00Z', 'Europe/Bratislava', '25 Oct 2026, 02:30 GMT+1'],
  ['2026-11-01T05:30:00Z', 'America/New_York', '1 Nov 2026, 01:30 GMT-4'],
  ['2026-11-01T06:30:00Z', 'America/New_York', '1 Nov 2026, 01:30 GMT-5'],
])('%s in %s is %s', (iso, timeZone, expected) => {
  expect(localTime(iso, timeZone)).toBe(expected)
})

test.each<[iso: string, timeZone: string, expected: string]>([
  ['2026-06-30T23:00:00Z', 'Europe/London', '2026-07-01'],
  ['2026-07-01T03:59:59Z', 'America/New_York', '2026-06-30'],
  ['2026-07-01T00:00:00Z', 'UTC', '2026-07-01'],
])('%s in %s is on %s', (iso, timeZone, expected) => {
  expect(localDay(new Date(iso), timeZone)).toBe(expected)
})
