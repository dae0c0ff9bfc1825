import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CallEvent, type ContactEvent, type CustomerEvent, type SyncEvent, withoutRun } from './event.ts'
import { mergeEvents } from './merge-events.ts'

const customer = (rev: number | undefined, more: Partial<CustomerEvent> = {}): CustomerEvent => ({
  kind: 'customer',
  connection: 'default',
  id: 'c1',
  source: 'webhook',
  attempt: 0,
  ...(rev !== undefined && { version: versionOf(rev) }),
  ...more,
})
const versionOf = (rev: number): NonNullable<CustomerEvent['version']> => ({
  id: 'c1',
  rev,
  emails: [],
  phones: [],
  whatsapps: [],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
})
const call = (about: CallEvent['about'], more: Partial<CallEvent> = {}): CallEvent => ({
  kind: 'call',
  connection: 'default',
  id: '7',
  about,
  source: 'webhook',
  attempt: 0,
  ...more,
})

const contact = (came: number, more: Partial<ContactEvent> = {}): ContactEvent => ({
  kind: 'contact',
  connection: 'default',
  id: '9',
  source: 'webhook',
  attempt: 0,
  came,
  ...more,
})

const cases: { label: string; events: SyncEvent[]; merged: SyncEvent[] }[] = [
  { label: 'nothing', events: [], merged: [] },
  { label: 'one event, as it is', events: [customer(3)], merged: [customer(3)] },
  { label: 'one webhook of a contact, counted once', events: [contact(1)], merged: [contact(1)] },
  {
    label: 'webhooks of a contact, counted together',
    events: [contact(1), contact(1), contact(1)],
    merged: [contact(3)],
  },
  {
    label: 'a poll that saw the contact change too: it is looked at, and the echo counts as come',
    events: [contact(1), contact(0, { source: 'poll' })],
    merged: [contact(1, { look: true })],
  },
  {
    label: 'the newest version, wherever it stands',
    events: [customer(2), customer(5), customer(3)],
    merged: [customer(5)],
  },
  {
    label: 'a version rather than none',
    events: [customer(undefined, { source: 'poll' }), customer(1)],
    merged: [customer(1)],
  },
  {
    label: 'no version takes none away',
    events: [customer(0), customer(undefined, { source: 'poll' })],
    merged: [customer(0)],
  },
  {
    label: 'the run of an older version',
    events: [customer(1, { source: 'run', runId: 'r1' }), customer(2)],
    merged: [customer(2, { runId: 'r1', beside: 'webhook' })],
  },
  {
    label: 'the run of an event that comes later',
    events: [customer(2), customer(1, { source: 'run', runId: 'r1' })],
    merged: [customer(2, { runId: 'r1', beside: 'webhook' })],
  },
  {
    label: 'the fewest tries: a fresh event is a fresh chance',
    events: [customer(2, { attempt: 4 }), customer(1, { attempt: 1 })],
    merged: [customer(2, { attempt: 1 })],
  },
  {
    label: 'each purpose by itself, in the order of settling',
    events: [call('detail'), call('customer'), call('call'), call('detail')],
    merged: [call('call'), call('customer'), call('detail')],
  },
  {
    label: 'tries and run of each purpose apart',
    events: [call('detail', { attempt: 3 }), call('call', { attempt: 1, runId: 'r1' })],
    merged: [call('call', { attempt: 1, runId: 'r1' }), call('detail', { attempt: 3 })],
  },
  {
    label: 'a webhook rather than a page that came before it, so that CloudTalk is asked',
    events: [call('call', { source: 'poll' }), call('call', { endedAt: '2026-10-01T10:00:00Z' })],
    merged: [call('call', { endedAt: '2026-10-01T10:00:00Z' })],
  },
  {
    label: 'a webhook rather than a run that came after it',
    events: [call('call'), call('call', { source: 'run', runId: 'r1' })],
    merged: [call('call', { runId: 'r1', beside: 'webhook' })],
  },
  {
    label: 'of two pages the first',
    events: [call('call', { source: 'run', runId: 'r1' }), call('call', { source: 'poll' })],
    merged: [call('call', { source: 'run', runId: 'r1', beside: 'poll' })],
  },
  {
    label: 'with a run, what came from elsewhere before it met the run',
    events: [
      customer(2, { runId: 'r1', beside: 'person' }),
      customer(undefined, { source: 'run', runId: 'r1' }),
    ],
    merged: [customer(2, { runId: 'r1', beside: 'person' })],
  },
]

test.each(cases)('$label', ({ events, merged }) => {
  expect(mergeEvents(events)).toEqual(merged)
})

const outlives: { label: string; events: SyncEvent[]; left: SyncEvent[] }[] = [
  { label: 'nothing of the run alone', events: [customer(1, { source: 'run', runId: 'r1' })], left: [] },
  {
    label: 'a webhook that met the run, with its version',
    events: [customer(undefined, { source: 'run', runId: 'r1', round: 2 }), customer(2)],
    left: [customer(2)],
  },
  {
    label: 'a poll that met the run',
    events: [contact(0, { source: 'run', runId: 'r1' }), contact(0, { source: 'poll' })],
    left: [contact(0, { source: 'poll', look: true })],
  },
]

test.each(outlives)('a cancelled run leaves $label', ({ events, left }) => {
  expect(mergeEvents(events).flatMap((event) => withoutRun(event) ?? [])).toEqual(left)
})

const source = fc.constantFrom<SyncEvent['source'][]>('webhook', 'poll', 'run', 'follow-up')
const attempt = fc.nat({ max: 6 })

test('what is in the way of two is in the way since the first of them met it', () => {
  const events = [contact(1, { busySince: 300 }), contact(1, { busySince: 200 }), contact(1)]
  expect(mergeEvents(events)).toMatchObject([{ came: 3, busySince: 200 }])
})

test('whatever comes together, a customer is settled once, by its newest version', () => {
  const event = fc
    .tuple(fc.option(fc.nat({ max: 9 }), { nil: undefined }), source, attempt)
    .map(([rev, from, tried]) => customer(rev, { source: from, attempt: tried }))
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
      const [merged, ...more] = mergeEvents(events)
      expect(more).toEqual([])
      const revs = events.flatMap(({ version }) => version?.rev ?? [])
      const rev = merged?.kind === 'customer' ? merged.version?.rev : undefined
      expect(rev).toBe(revs.length > 0 ? Math.max(...revs) : undefined)
      expect(merged?.attempt).toBe(Math.min(...events.map(({ attempt }) => attempt)))
    }),
  )
})

test('whatever comes together, a call is settled once for each purpose and run, in order', () => {
  const about = fc.constantFrom<CallEvent['about'][]>('call', 'detail', 'customer')
  const event = fc
    .tuple(about, source, attempt, fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }))
    .map(([why, from, tried, runId]) =>
      call(why, { source: from, attempt: tried, ...(runId !== undefined && { runId }) }),
    )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 10 }), (events) => {
      const merged = mergeEvents(events)
      const aboutOf = (one: SyncEvent) => (one.kind === 'call' ? one.about : undefined)
      const order = (['call', 'customer', 'detail'] as const).filter((why) =>
        merged.some((one) => aboutOf(one) === why),
      )
      expect([...new Set(merged.map(aboutOf))]).toEqual(order)
      for (const why of ['call', 'customer', 'detail'] as const) {
        const group = events.filter((one) => one.about === why)
        const settled = merged.filter((one) => aboutOf(one) === why)
        const runs = new Set(group.flatMap(({ runId }) => runId ?? []))
        // Each run is told of its record; without a run one settle is enough.
        expect(settled.map(({ runId }) => runId).toSorted()).toEqual(
          runs.size > 0 ? [...runs].toSorted() : group.slice(0, 1).map(() => undefined),
        )
        const fresh = group.some(({ source }) => source === 'webhook' || source === 'follow-up')
        expect(settled.some(({ source }) => source === 'webhook' || source === 'follow-up')).toBe(fresh)
      }
    }),
  )
})
