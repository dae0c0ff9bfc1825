import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type LocalEmulator,
  problem,
  type Shown,
  SILENT,
  startLocalEmulator,
  startReceiver,
} from './local-emulator.ts'

let local: LocalEmulator
let receiver: Awaited<ReturnType<typeof startReceiver>>
beforeEach(async () => {
  receiver = await startReceiver()
  local = await startLocalEmulator({ minuteMs: 5 })
})
afterEach(async () => {
  await local.close()
  await receiver.close()
})

const EVENTS = ['customer', 'conversation', 'message', 'tag'].flatMap((object) => [
  `kustomer.${object}.create`,
  `kustomer.${object}.update`,
])
const register = (body: object = {}) =>
  local.written('POST', '/outbound-webhooks', { name: 'w', url: receiver.url, events: EVENTS, ...body })

const delivered = async () => {
  await local.emulator.webhooksIdle()
  return receiver.received
}
const names = async () => (await delivered()).map(({ json }) => json.name).sort()

describe('registration', () => {
  test('the secret is in the attributes, by switch beside the data', async () => {
    const { id, attributes } = await register({ headers: [{ name: 'x-mine', value: '1' }] })
    expect(attributes).toMatchObject({
      name: 'w',
      url: receiver.url,
      enabled: true,
      token: expect.any(String),
    })
    expect((await local.api('GET', `/outbound-webhooks/${id}`)).body.data).toMatchObject({ attributes })
    expect((await local.api('GET', '/outbound-webhooks')).body.data).toMatchObject([{ id }])
    await local.control('PUT', '/switches', { tokenLocation: 'document' })
    const reply = await local.api('GET', `/outbound-webhooks/${id}`)
    expect(reply.body.token).toBe(attributes.token)
    expect((reply.body.data as Shown).attributes.token).toBeUndefined()
  })

  test('twelve events can be chosen', async () => {
    const { events } = (await local.api('GET', '/outbound-webhooks/events')).body
    expect(events).toHaveLength(12)
    expect(events).toContain('kustomer.team.update')
  })

  test('five, not six; a deleted one makes room', async () => {
    const made: string[] = []
    for (let n = 0; n < 5; n++) made.push((await register()).id)
    const body = { name: 'w', url: receiver.url, events: EVENTS }
    expect((await local.api('POST', '/outbound-webhooks', body)).status).toBe(400)
    expect((await local.api('DELETE', `/outbound-webhooks/${made[0]}`)).status).toBe(204)
    expect((await local.api('POST', '/outbound-webhooks', body)).status).toBe(201)
  })

  test.each([
    [{ url: 'http://example.org/hook' }, 'url'],
    [{ url: 'hook' }, 'url'],
    [{ events: ['kustomer.note.create'] }, 'events.0'],
    [{ events: ['kustomer.customer.delete'] }, 'events.0'],
    [{ events: [] }, 'events'],
    [{ name: undefined }, 'name'],
  ])('%j is 400', async (body, parameter) => {
    const reply = await local.api('POST', '/outbound-webhooks', {
      name: 'w',
      url: receiver.url,
      events: EVENTS,
      ...body,
    })
    expect([reply.status, problem(reply).source]).toEqual([400, { parameter }])
  })

  test.each(['http://localhost:1/x', 'https://example.org/x'])('%s is taken', async (url) => {
    expect((await register({ url })).attributes.url).toBe(url)
  })
})

describe('delivery', () => {
  test('a create: signed over the bytes sent, with the full record and null changes', async () => {
    const { attributes: webhook } = await register({ headers: [{ name: 'X-Mine', value: 'yes' }] })
    const customer = await local.written('POST', '/customers', { name: 'A' })
    const [event] = await delivered()
    expect(event?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-kustomer-webhook-event': 'kustomer.customer.create',
      'x-kustomer-webhook-signature': createHmac('sha256', String(webhook.token))
        .update(event?.raw ?? '')
        .digest('hex'),
      'x-mine': 'yes',
    })
    expect(event?.json).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'kustomer.customer.create',
      org: expect.any(String),
      partition: expect.any(String),
      orgName: 'acme',
      data: customer,
      createdAt: '2026-06-01T12:00:00.000Z',
      changes: null,
      persist: true,
      client: 'api-gw',
      dataId: customer.id,
      meta: { customChanged: false },
      snsFilters: [],
    })
  })

  test('by switch a create has no changes at all', async () => {
    await register()
    await local.control('PUT', '/switches', { createChanges: 'absent' })
    await local.written('POST', '/customers', { name: 'A' })
    expect((await delivered())[0]?.json).not.toHaveProperty('changes')
  })

  test('an update tells what changed, before and after', async () => {
    await register({ events: ['kustomer.customer.update'] })
    const company = await local.written('POST', '/companies', { name: 'Quillworks' })
    const { id } = await local.written('POST', '/customers', { name: 'A', username: 'u' })
    local.advance(1000)
    await local.written('PATCH', `/customers/${id}`, {
      name: 'B',
      username: null,
      locale: 'sk',
      company: company.id,
    })
    const [event] = await delivered()
    expect(event?.json).toMatchObject({
      name: 'kustomer.customer.update',
      changes: {
        attributes: {
          name: { op: 'replace', before: 'A', after: 'B' },
          username: { op: 'remove', before: 'u' },
          locale: { op: 'add', after: 'sk' },
          rev: { op: 'replace', before: 1, after: 2 },
          modifiedAt: { before: '2026-06-01T12:00:00.000Z', after: '2026-06-01T12:00:01.000Z' },
        },
        relationships: { company: { op: 'add', after: company.id } },
      },
    })
  })

  test('activity updates the customer too; notes, companies and deletions are silent', async () => {
    await register()
    const { id: customer } = await local.written('POST', '/customers', { name: 'A' })
    await delivered()
    receiver.received.length = 0
    const { id } = await local.written('POST', '/conversations', { customer })
    expect(await names()).toEqual(['kustomer.conversation.create', 'kustomer.customer.update'])
    receiver.received.length = 0
    await local.written('POST', `/conversations/${id}/notes`, { body: 'n' })
    expect(await names()).toEqual(['kustomer.conversation.update', 'kustomer.customer.update'])
    receiver.received.length = 0
    await local.written('POST', `/conversations/${id}/messages`, { channel: 'chat', app: 'x' })
    expect(await names()).toEqual([
      'kustomer.conversation.update',
      'kustomer.customer.update',
      'kustomer.message.create',
    ])
    receiver.received.length = 0
    await local.written('POST', `/conversations/${id}/tags`, ['brand-new'])
    expect(await names()).toContain('kustomer.tag.create')
    receiver.received.length = 0
    await local.written('POST', '/companies', { name: 'Quillworks' })
    await local.api('DELETE', `/customers/${customer}`)
    expect(await names()).toEqual([])
  })

  test('a merge tells of the target and of what moved, not of the source', async () => {
    const source = await local.written('POST', '/customers', { name: 'S' })
    const target = await local.written('POST', '/customers', { name: 'T' })
    await local.written('POST', '/conversations', { customer: source.id })
    await register()
    await local.written('POST', '/customers/merges', { source: source.id, target: target.id })
    local.advance(1000)
    await local.api('GET', '/users/current')
    const events = await delivered()
    expect(events.map(({ json }) => json.dataId)).not.toContain(source.id)
    expect(new Set(await names())).toEqual(
      new Set(['kustomer.conversation.update', 'kustomer.customer.update']),
    )
  })

  test('a disabled webhook is silent until it is switched on again', async () => {
    const { id } = await register({ enabled: false })
    await local.written('POST', '/customers', { name: 'A' })
    expect(await names()).toEqual([])
    expect((await local.written('PUT', `/outbound-webhooks/${id}`, { enabled: true })).attributes.rev).toBe(2)
    await local.written('POST', '/customers', { name: 'B' })
    expect(await names()).toEqual(['kustomer.customer.create'])
  })
})

describe('retries', () => {
  test.each([
    ['portal', 8, 64],
    ['older', 10, 79],
  ])('%s: %d tries, then the webhook is switched off', async (webhookRetries, tries, minutes) => {
    await local.control('PUT', '/switches', { webhookRetries })
    const { id } = await register({ events: ['kustomer.customer.create'] })
    receiver.answerWith(500)
    await local.written('POST', '/customers', { name: 'A' })
    const events = await delivered()
    expect(events).toHaveLength(tries)
    expect(new Set(events.map(({ raw }) => raw)).size).toBe(1)
    const took = (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0)
    expect(took).toBeGreaterThanOrEqual(minutes * 5 - 5)
    expect((await local.api('GET', `/outbound-webhooks/${id}`)).body.data).toMatchObject({
      attributes: { enabled: false },
    })
    receiver.answerWith(200)
    await local.written('POST', '/customers', { name: 'B' })
    expect(await delivered()).toHaveLength(tries)
  })

  test('one good answer is enough', async () => {
    await register({ events: ['kustomer.customer.create'] })
    receiver.answerWith(503)
    await local.written('POST', '/customers', { name: 'A' })
    await expect.poll(() => receiver.received.length).toBeGreaterThan(0)
    receiver.answerWith(200)
    await delivered()
    const count = receiver.received.length
    expect(count).toBeGreaterThanOrEqual(2)
    expect(count).toBeLessThan(8)
  })

  test('a receiver that takes too long has failed', async () => {
    await local.control('PUT', '/switches', { webhookTimeoutMs: 20 })
    await register({ events: ['kustomer.customer.create'] })
    receiver.answerWith(SILENT)
    await local.written('POST', '/customers', { name: 'A' })
    expect(await delivered()).toHaveLength(8)
  })

  test('duplicates and drops come from the common faults', async () => {
    await register({ events: ['kustomer.customer.create'] })
    await local.control('PUT', '/faults', { webhooks: { duplicate: 1 } })
    await local.written('POST', '/customers', { name: 'A' })
    const events = await delivered()
    expect(events).toHaveLength(2)
    expect(events[0]?.json.id).toBe(events[1]?.json.id)
    await local.control('PUT', '/faults', { webhooks: { drop: 1 } })
    await local.written('POST', '/customers', { name: 'B' })
    expect(await delivered()).toHaveLength(2)
  })
})
