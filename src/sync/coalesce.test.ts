import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { coalesce } from './coalesce.ts'
import type { Priority } from './event.ts'
import { currentMeter, type Meter, metered } from './meter.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const turns = async (count: number) => {
  for (let passed = 0; passed < count; passed++) await turn()
}
const meterOf = (priority: Priority): Meter => ({ priority, requests: 0 })

/** Requests that wait for the budget until the test lets each of them go. */
function heldRequests(most: number) {
  const waiting: { priority: Priority; go(): void }[] = []
  const sent: string[][] = []
  const submit = coalesce<string, string>(most, async (board) => {
    const budget = Promise.withResolvers<void>()
    waiting.push({ priority: currentMeter().priority, go: budget.resolve })
    await budget.promise
    const items = board()
    sent.push(items)
    return items.map((item) => `done ${item}`)
  })
  const ask = (priority: Priority, ...items: string[]) =>
    Promise.all(items.map((item) => metered(meterOf(priority), () => submit(item))))
  const departures = (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count))
  return { waiting, sent, ask, departures }
}

test('what arrives together leaves together, as many as a request takes', async () => {
  const sent: number[][] = []
  const submit = coalesce<number, number>(3, async (board) => {
    const items = board()
    sent.push(items)
    return items.map((item) => item * 10)
  })
  const results = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(submit))
  expect(results).toEqual([10, 20, 30, 40, 50, 60, 70])
  expect(sent).toEqual([[1, 2, 3], [4, 5, 6], [7]])
})

test('backfill that comes one by one shares a request', async () => {
  const { sent, ask, waiting, departures } = heldRequests(10)
  const first = ask('backfill', 'a')
  await turns(3)
  const second = ask('backfill', 'b')
  await departures(1)
  waiting[0]?.go()
  expect([...(await first), ...(await second)]).toEqual(['done a', 'done b'])
  expect(sent).toEqual([['a', 'b']])
})

test('who comes while a request waits for the budget goes with it', async () => {
  const { sent, ask, waiting, departures } = heldRequests(10)
  const first = ask('live', 'a')
  await departures(1)
  const second = ask('live', 'b')
  await turns(2)
  waiting[0]?.go()
  await Promise.all([first, second])
  expect(sent).toEqual([['a', 'b']])
})

test.each<Priority>(['live', 'retry', 'enrichment'])('%s does not linger for company', async (priority) => {
  const { ask, waiting } = heldRequests(10)
  const asked = ask(priority, 'a')
  await turns(3)
  expect(waiting.map((request) => request.priority)).toEqual([priority])
  waiting[0]?.go()
  await asked
})

test('live overtakes backfill: a request of its own, and the first seats', async () => {
  const { sent, ask, waiting, departures } = heldRequests(2)
  const backfill = ask('backfill', 'b1', 'b2')
  await departures(1)
  const live = ask('live', 'l1')
  await departures(2)
  expect(waiting.map(({ priority }) => priority)).toEqual(['backfill', 'live'])
  waiting[1]?.go()
  expect(await live).toEqual(['done l1'])
  waiting[0]?.go()
  expect(await backfill).toEqual(['done b1', 'done b2'])
  expect(sent).toEqual([['l1', 'b1'], ['b2']])
})

test('a request of backfill that may go first takes live ones aboard first', async () => {
  const { sent, ask, waiting, departures } = heldRequests(2)
  const backfill = ask('backfill', 'b1', 'b2')
  await departures(1)
  const higher = [ask('enrichment', 'e1'), ask('retry', 'r1'), ask('live', 'l1')]
  await departures(3)
  for (const request of waiting) request.go()
  await Promise.all([backfill, ...higher])
  expect(sent.flat()).toEqual(['l1', 'r1', 'e1', 'b1', 'b2'])
})

test('one request is paid for by all aboard', async () => {
  const submit = coalesce<number, number>(4, async (board) => board())
  const meters = [meterOf('live'), meterOf('backfill'), meterOf('backfill'), meterOf('retry')]
  await Promise.all(meters.map((meter, index) => metered(meter, () => submit(index))))
  expect(meters.map(({ requests }) => requests)).toEqual([0.25, 0.25, 0.25, 0.25])
})

describe('a rejection', () => {
  test('reaches all aboard and nobody else', async () => {
    const submit = coalesce<number, number>(2, async (board) => {
      const items = board()
      await turn()
      if (items.includes(1)) throw new Error(`refused ${items}`)
      return items
    })
    const ended = await Promise.allSettled([1, 2, 3, 4].map(submit))
    expect(ended).toEqual([
      { status: 'rejected', reason: new Error('refused 1,2') },
      { status: 'rejected', reason: new Error('refused 1,2') },
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 4 },
    ])
  })

  test('does not stop the next request', async () => {
    let tries = 0
    const submit = coalesce<number, number>(2, async (board) => {
      const items = board()
      if (tries++ === 0) throw new Error('refused')
      return items
    })
    await expect(submit(1)).rejects.toThrow('refused')
    expect(await submit(2)).toBe(2)
  })
})

test('whatever comes when, each gets its own end, and no request is too full', async () => {
  const lane = fc.constantFrom<Priority[]>('live', 'retry', 'enrichment', 'backfill')
  const arrival = fc.record({ lane, after: fc.nat({ max: 6 }) })
  const request = fc.record({ waits: fc.nat({ max: 4 }), takes: fc.nat({ max: 4 }), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(arrival, { minLength: 1, maxLength: 25 }),
      fc.array(request, { minLength: 1, maxLength: 6 }),
      async (most, arrivals, requests) => {
        const sent: number[][] = []
        let departed = 0
        const submit = coalesce<number, string>(most, async (board) => {
          const { waits, takes, fails } = requests[departed++ % requests.length] ?? { waits: 0, takes: 0 }
          await turns(waits)
          const items = board()
          sent.push(items)
          await turns(takes)
          if (fails) throw new Error(`refused ${items}`)
          return items.map((item) => `done ${item}`)
        })
        const ended = await Promise.allSettled(
          arrivals.map(async ({ lane, after }, item) => {
            await turns(after)
            return metered(meterOf(lane), () => submit(item))
          }),
        )
        expect(sent.every((items) => items.length <= most)).toBe(true)
        expect(sent.flat().sort((a, b) => a - b)).toEqual(arrivals.map((_, item) => item))
        for (const [item, end] of ended.entries()) {
          const own = sent.find((items) => items.includes(item))
          const told = end.status === 'fulfilled' ? end.value : (end.reason as Error).message
          expect([`done ${item}`, `refused ${own}`]).toContain(told)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a departure that is refused before anybody boards rejects who waits, and the next one leaves', async () => {
  let departures = 0
  const submit = coalesce<number, number>(10, async (board) => {
    departures++
    if (departures === 1) throw new Error('refused')
    return board()
  })
  await expect(submit(1)).rejects.toThrow('refused')
  expect(await submit(2)).toBe(2)
})
