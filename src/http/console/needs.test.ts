import { expect, test } from 'vitest'
import type { Run } from '../../store/runs.ts'
import { type Fares, needsOf } from './needs.ts'

const NOW = new Date('2026-03-02T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)

const kind = { total: 0, byOutcome: {}, byReason: {}, failedByReason: {} }
const summary: Fares['summary'] = {
  customers: kind,
  contacts: kind,
  calls: kind,
  messages: kind,
  reviews: 0,
  requests: { cloudtalk: 0, kustomer: 0 },
  away: [],
  proof: undefined,
}
const well: Fares = {
  id: 'default',
  active: true,
  summary,
  health: { oldestPending: minutesAgo(1), seen: { poll: minutesAgo(1) } },
  lastSettled: minutesAgo(300),
  registration: { at: minutesAgo(1) },
  runs: [],
}
const away = [
  {
    vendor: 'cloudtalk' as const,
    cause: 'away' as const,
    sentence: 'it did not answer within 10 s.',
    since: minutesAgo(90),
    probeAt: NOW,
  },
]
const run = (state: Run['state'], id: string): Run => ({
  id,
  connection: 'default',
  kind: 'sync',
  state,
  paused: false,
  round: 0,
  from: undefined,
  of: undefined,
  raised: {},
  error: state === 'failed' ? 'Kustomer was away.' : undefined,
  estimate: {},
  startedAt: NOW,
  finishedAt: undefined,
})
const seenToo = (seen: Fares['health']['seen']) => ({
  ...well.health,
  seen: { ...well.health.seen, ...seen },
})
const waitsFor = (minutes: number) => ({ ...well.health, oldestPending: minutesAgo(minutes) })

test.each<{ label: string; fares: Partial<Fares>; needs: string[] }>([
  { label: 'nothing', fares: {}, needs: [] },
  { label: 'switched off', fares: { active: false }, needs: ['busy: This connection is switched off'] },
  {
    label: 'something waits and nothing is settled',
    fares: { health: waitsFor(11) },
    needs: ['bad: Nothing is settled, though something waits'],
  },
  {
    label: 'something waits long while others are settled',
    fares: { health: waitsFor(11), lastSettled: minutesAgo(1) },
    needs: [],
  },
  {
    label: 'far behind',
    fares: { health: waitsFor(61), lastSettled: minutesAgo(1) },
    needs: ['busy: The service is far behind: something waits'],
  },
  {
    label: 'nobody looks for calls',
    fares: { health: { ...well.health, seen: { poll: minutesAgo(11) } } },
    needs: ['bad: CloudTalk has not been asked for calls'],
  },
  {
    label: 'a vendor that is away explains what waits, and comes before what failed',
    fares: {
      summary: { ...summary, away, calls: { ...kind, failedByReason: { REJECTED_BY_KUSTOMER: 2 } } },
      health: waitsFor(90),
    },
    needs: ['bad: CloudTalk does not answer', expect.stringMatching(/^calm: 2 failing: [^.]+$/)],
  },
  {
    label: 'webhooks refused, none taken since',
    fares: { health: seenToo({ 'refused/cloudtalk': minutesAgo(2), 'webhook/cloudtalk': minutesAgo(3) }) },
    needs: ['bad: CloudTalk’s webhooks are refused'],
  },
  {
    label: 'one was taken after the last refused one',
    fares: { health: seenToo({ 'refused/cloudtalk': minutesAgo(3), 'webhook/cloudtalk': minutesAgo(2) }) },
    needs: [],
  },
  {
    label: 'the last one was refused more than a day ago',
    fares: { health: seenToo({ 'refused/cloudtalk': minutesAgo(24 * 60 + 1) }) },
    needs: [],
  },
  {
    label: 'no webhook registered yet',
    fares: { registration: { problem: 'it answered 500', since: minutesAgo(1) } },
    needs: [],
  },
  {
    label: 'no webhook registered',
    fares: { registration: { problem: 'it answered 500', since: minutesAgo(3) } },
    needs: ['bad: Kustomer’s webhook is not registered'],
  },
  {
    label: 'the last sync failed',
    fares: { runs: [run('failed', '2'), run('done', '1')] },
    needs: ['busy: The last sync failed'],
  },
  {
    label: 'a failed one was begun again',
    fares: { runs: [run('done', '2'), run('failed', '1')] },
    needs: [],
  },
  {
    label: 'a failed one is under way again',
    fares: { runs: [run('settling', '2'), run('failed', '1')] },
    needs: [],
  },
  {
    label: 'reviews and a proof',
    fares: {
      summary: {
        ...summary,
        reviews: 1,
        proof: { day: '2026-03-01', provedAt: NOW.toISOString(), unexplained: 2 },
      },
    },
    needs: [
      'calm: 1 possible duplicate waits',
      'calm: 2 records of 2026-03-01 are not explained by the last proof',
    ],
  },
])('$label', ({ fares, needs }) => {
  const found = needsOf({ id: 'default', problem: undefined }, { ...well, ...fares }, NOW)
  expect(found.map(({ tone, what }) => `${tone}: ${what}`)).toEqual(needs)
  for (const { whatToDo } of found) expect(whatToDo).toMatch(/^[A-Z].*[^.]\.$/)
})

test('who may not open a page is not sent there', () => {
  const [review] = needsOf(
    { id: 'default', problem: undefined },
    { ...well, summary: { ...summary, reviews: 1 } },
    NOW,
  )
  expect(review?.at).toEqual({ path: '/review', ability: 'oversee' })
})

test('what does not run needs its set-up', () => {
  const at = { path: '/settings/set-up', query: { connection: 'sales' } }
  expect(needsOf({ id: 'sales', problem: undefined }, undefined, NOW)).toMatchObject([
    { what: 'It is not connected yet', at },
  ])
  expect(needsOf({ id: 'sales', problem: 'Its keys cannot be opened.' }, undefined, NOW)).toMatchObject([
    { tone: 'bad', whatToDo: 'Its keys cannot be opened.', at },
  ])
})
