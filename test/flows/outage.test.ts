import { afterEach, describe, expect, test } from 'vitest'
import type { Vendor as VendorName } from '../../src/store/schema.ts'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `+4420718${40_000 + at}`)

const away = async () => (await stack.service.operations.summary()).away
const isAway = (vendor: VendorName) => async () => (await away()).find((one) => one.vendor === vendor)
const totalOf = async (vendor: VendorName) => (await stack[vendor].requests()).total
const storyOf = async (id: string) => (await stack.service.operations.trace(id))[0]?.story ?? []

describe('a vendor that does not answer', () => {
  const PROBES = { cloudtalk: 'GET /agents/index.json', kustomer: 'GET /auth/tokens/current' } as const
  const probesOf = async (vendor: VendorName) => (await stack[vendor].requests()).byRoute[PROBES[vendor]] ?? 0

  test.each(['kustomer', 'cloudtalk'] as const)(
    '%s: an outage costs a trickle of probes, and all that waits goes on at once when it ends',
    async (vendor) => {
      stack = await startStack()
      const callers = numbers(60)
      for (const number of callers.slice(0, 20)) await createCustomer(stack, customer(number))
      await stack.settled()
      await setFaults(stack[vendor], { route: '*', kind: 'status', status: 503 })
      for (const number of callers) await endCall(stack, { external_number: number })
      const circuit = await until('it is given up for the moment', isAway(vendor), 30_000)
      expect(circuit).toMatchObject({ cause: 'away', sentence: expect.stringContaining('503') })
      await until('every call waits', async () => {
        const { calls } = await stack.service.operations.summary()
        return calls.byReason.VENDOR_UNAVAILABLE === callers.length
      })

      const [before, probesBefore] = [await totalOf(vendor), await probesOf(vendor)]
      for (const number of numbers(90).slice(60)) await endCall(stack, { external_number: number })
      await until(
        'it was asked three times',
        async () => (await probesOf(vendor)) >= probesBefore + 3,
        30_000,
      )
      // Nothing but probes: neither the calls that wait nor the new ones nor a poller.
      expect((await totalOf(vendor)) - before).toBe((await probesOf(vendor)) - probesBefore)
      const { calls } = await stack.service.operations.summary()
      expect(calls.byOutcome).toEqual({ waiting: calls.total })

      await setFaults(stack[vendor])
      await stack.settled(60_000)
      const { conversations, notes } = await stack.kustomer.state()
      expect([conversations?.length, notes?.length]).toEqual([90, 90])
      expect(await away()).toEqual([])
    },
    120_000,
  )

  test('what waits says since when, and why', async () => {
    stack = await startStack()
    await setFaults(stack.kustomer, { route: '*', kind: 'reset' })
    for (const number of numbers(20)) await endCall(stack, { external_number: number })
    await until('it is given up for the moment', isAway('kustomer'), 30_000)
    const { id } = await endCall(stack, { external_number: '+442071838750' })
    const last = await until('the call waits', async () => (await storyOf(id)).at(-1))
    expect(last).toMatchObject({ outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE', requests: 0 })
    expect(last.sentence).toMatch(
      /^Kustomer has not answered properly since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(/,
    )
  })

  test('a message is logged while CloudTalk is away, with the names that were read before', async () => {
    stack = await startStack()
    await sendMessage(stack)
    await stack.settled()
    await setFaults(stack.cloudtalk, { route: '*', kind: 'status', status: 503 })
    const id = await sendMessage(stack, { direction: 'outgoing', agent_email: 'maya@acme.example' })
    await until('it is logged', async () => (await storyOf(id)).at(-1)?.outcome === 'created')
    const { notes = [] } = await stack.kustomer.state()
    const note = notes.find(({ attributes }) => attributes.externalId === id)
    expect(note?.attributes.body).toContain('Agent name: Maya Lindgren')
  })

  test('a message is logged though CloudTalk does not let the key read numbers and groups', async () => {
    stack = await startStack()
    const refused = { kind: 'status' as const, status: 403 }
    await setFaults(
      stack.cloudtalk,
      ...['numbers', 'groups'].map((list) => ({ route: `GET /${list}/index.json`, ...refused })),
    )
    const id = await sendMessage(stack)
    await until('it is logged', async () => (await storyOf(id)).at(-1)?.outcome === 'created')
    expect((await stack.kustomer.state()).notes).toMatchObject([{ attributes: { externalId: id } }])
  })

  test('a message whose agent CloudTalk does not name yet waits, and has the agent then', async () => {
    stack = await startStack()
    await setFaults(stack.cloudtalk, { route: 'GET /agents/index.json', kind: 'status', status: 503 })
    const id = await sendMessage(stack, { direction: 'outgoing', agent_email: 'maya@acme.example' })
    await until('it waits', async () => (await storyOf(id)).at(-1)?.reason === 'VENDOR_UNAVAILABLE')
    await setFaults(stack.cloudtalk)
    await stack.settled(60_000)
    const { notes, conversations, users } = await stack.kustomer.state()
    expect(notes?.[0]?.attributes.body).toContain('Agent name: Maya Lindgren')
    const maya = users?.find(({ attributes }) => attributes.email === 'maya@acme.example')
    expect(conversations?.[0]?.attributes.assignedUsers).toEqual([maya?.id])
  })

  test('hosts that nothing hangs on may be away without keeping the rest waiting', async () => {
    stack = await startStack({
      settings: { calls: { lines: { aiSummary: true, transcript: true, ivrPath: true } } },
    })
    await setFaults(
      stack.cloudtalk,
      { route: 'GET /ai/calls/:id/summary', kind: 'status', status: 503 },
      { route: 'GET /ai/calls/:id/transcription', kind: 'reset' },
      { route: 'GET /calls/:id', kind: 'status', status: 500 },
    )
    for (const number of numbers(20)) await endCall(stack, { external_number: number })
    await until('all are logged', async () => (await stack.kustomer.state()).notes?.length === 20)
    expect(await away()).toEqual([])
  })
})

describe('a key that is refused', () => {
  test.each([
    { vendor: 'kustomer', status: 401 },
    { vendor: 'kustomer', status: 403 },
    { vendor: 'cloudtalk', status: 401 },
    { vendor: 'cloudtalk', status: 403 },
  ] as const)(
    '$vendor $status: the connection pauses, says so, and resumes by itself',
    async ({ vendor, status }) => {
      stack = await startStack()
      await setFaults(stack[vendor], { route: '*', kind: 'status', status })
      const { id } = await endCall(stack, { external_number: '+442071838750' })
      const circuit = await until('the connection pauses', isAway(vendor))
      expect(circuit.cause).toBe('refused')
      const last = await until('the call says so', async () => {
        const story = await storyOf(id)
        return story.at(-1)?.reason === 'UNAUTHORIZED' && story.at(-1)
      })
      expect(last.outcome).toBe('waiting')
      await setFaults(stack[vendor])
      await stack.settled(60_000)
      expect((await stack.kustomer.state()).notes).toHaveLength(1)
      expect(await away()).toEqual([])
    },
  )

  test('one request that is refused pauses nothing, while the key works', async () => {
    stack = await startStack()
    await setFaults(stack.kustomer, { route: 'POST /conversations', kind: 'status', status: 403 })
    const { id } = await endCall(stack, { external_number: '+442071838750' })
    await until('the call waits', async () => (await storyOf(id)).at(-1)?.reason === 'UNAUTHORIZED')
    await createCustomer(stack, customer('+442071838751'))
    await until('a customer is synced', async () => (await stack.cloudtalk.state()).contacts?.length === 1)
    expect(await away()).toEqual([])
  })
})
