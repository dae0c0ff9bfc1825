import { afterEach, expect, test } from 'vitest'
import { createFaults } from './faults.ts'
import { startReceiver } from './test-receiver.ts'
import { createWebhookSender } from './webhook-sender.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const setUp = async (webhooks: object = {}, statuses: number[] = []) => {
  const receiver = await startReceiver(statuses)
  const faults = createFaults(5)
  faults.replace({ webhooks })
  const sender = createWebhookSender({ faults })
  closers.push(sender.close, receiver.close)
  const send = (body: string, more: object = {}) =>
    sender.send({ url: receiver.url, headers: { 'x-test': '1' }, body, retryDelaysMs: [], ...more })
  return { ...receiver, sender, send, bodies: () => receiver.received.map(({ body }) => body) }
}

test('sends method, headers and the exact body', async () => {
  const { send, sender, received } = await setUp()
  send('{"a":1}')
  send('', { method: 'GET' })
  await sender.idle()
  expect(received).toContainEqual(expect.objectContaining({ method: 'POST', body: '{"a":1}' }))
  expect(received).toContainEqual(expect.objectContaining({ method: 'GET', path: '/hook' }))
  expect(received[0]?.headers['x-test']).toBe('1')
})

test('retries by its schedule until 2xx, asking for headers every time', async () => {
  const { send, sender, received } = await setUp({}, [500, 302])
  let attempt = 0
  send('x', { retryDelaysMs: [30, 40, 5_000], headers: () => ({ attempt: String(++attempt) }) })
  await sender.idle()
  expect(received.map(({ headers }) => headers.attempt)).toEqual(['1', '2', '3'])
  const [first, second, third] = received.map(({ at }) => at)
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(28)
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(38)
})

test('gives up after the last retry and says so', async () => {
  const { send, sender, received } = await setUp({}, [500, 500])
  let gaveUp = 0
  send('x', { retryDelaysMs: [5], onGivenUp: () => gaveUp++ })
  await sender.idle()
  expect([received.length, gaveUp]).toEqual([2, 1])
})

test('a receiver that does not answer in time counts as failed', async () => {
  const sender = createWebhookSender({ faults: createFaults(1) })
  const { createServer } = await import('node:net')
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closers.push(() => silent.close(), sender.close)
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const started = performance.now()
  await new Promise<void>((resolve) =>
    sender.send({
      url: `http://127.0.0.1:${port}`,
      headers: {},
      body: '',
      retryDelaysMs: [],
      timeoutMs: 50,
      onGivenUp: resolve,
    }),
  )
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('drop loses a share, duplicate doubles a share, the same ones for the same seed', async () => {
  const lost = await setUp({ drop: 0.5, duplicate: 0.5 })
  for (let index = 0; index < 40; index += 1) lost.send(String(index))
  await lost.sender.idle()
  const again = await setUp({ drop: 0.5, duplicate: 0.5 })
  for (let index = 0; index < 40; index += 1) again.send(String(index))
  await again.sender.idle()
  const kinds = new Set(lost.bodies())
  expect(kinds.size).toBeGreaterThan(8)
  expect(kinds.size).toBeLessThan(32)
  expect(lost.bodies().length).toBeGreaterThan(kinds.size)
  expect(lost.bodies().sort()).toEqual(again.bodies().sort())
})

test('shuffle makes deliveries overtake each other, delayMs makes them late', async () => {
  const { send, sender, bodies, received } = await setUp({ shuffle: true, delayMs: 30 })
  const sent = Array.from({ length: 30 }, (_, index) => String(index))
  const started = performance.now()
  for (const body of sent) send(body)
  await sender.idle()
  expect(bodies()).not.toEqual(sent)
  expect(bodies().sort()).toEqual(sent.sort())
  expect(Math.min(...received.map(({ at }) => at)) - started).toBeGreaterThanOrEqual(28)
})

test('close drops what is pending', async () => {
  const { send, sender, received } = await setUp({ delayMs: 60_000 })
  send('x')
  sender.close()
  await sender.idle()
  send('y')
  await sender.idle()
  expect(received).toEqual([])
})

test('hundreds of deliveries at once all arrive', async () => {
  const { send, sender, received } = await setUp()
  for (let index = 0; index < 300; index += 1) send(String(index))
  await sender.idle()
  expect(received).toHaveLength(300)
})
