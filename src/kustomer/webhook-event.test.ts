import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKustomer } from './client.ts'
import { KustomerError } from './errors.ts'
import { payload } from './test-server.ts'
import { verifyKustomerWebhook } from './verify-webhook.ts'
import { parseKustomerWebhook } from './webhook-event.ts'

const UPDATE = payload('webhook-customer-update') as Record<string, unknown>

test('a customer update carries the whole customer and what changed', () => {
  const event = parseKustomerWebhook(UPDATE)
  expect(event).toMatchObject({
    id: '66f0000000000000000000aa',
    name: 'kustomer.customer.update',
    object: 'customer',
    action: 'update',
    dataId: '64b1f0c2a9d8e7f6a5b4c3d2',
    client: 'api-gw',
    createdAt: '2025-03-21T20:23:52.900Z',
    record: { rev: 7, name: 'Jürgen & Söhne', modifiedById: '5f0c1d2e3a4b5c6d7e8f9a01' },
  })
  expect(Object.keys(event.changes)).toEqual(['phones', 'modifiedAt', 'rev'])
  expect(event.changes.rev).toEqual({ op: 'replace', before: 6, after: 7 })
})

test.each([
  ['null changes and no client', {}],
  ['absent changes', { changes: undefined }],
  ['client as an object', { client: { name: 'x' } }],
])('a creation with %s', (_, change) => {
  const event = parseKustomerWebhook({ ...(payload('webhook-conversation-create') as object), ...change })
  expect(event).toMatchObject({ object: 'conversation', action: 'create', changes: {}, client: undefined })
  expect(event.record).toMatchObject({ customerId: '64b1f0c2a9d8e7f6a5b4c3d2', externalId: '1002000001' })
})

test.each(['message', 'user', 'team', 'tag'])('a %s is read as such', (object) => {
  const data = { id: 'x', attributes: { name: 'n' } }
  expect(parseKustomerWebhook({ ...UPDATE, name: `kustomer.${object}.update`, data })).toMatchObject({
    object,
    record: { id: 'x' },
  })
})

test('an object that we do not know is other', () => {
  expect(parseKustomerWebhook({ ...UPDATE, name: 'kustomer.satisfaction.update' })).toMatchObject({
    object: 'other',
    record: undefined,
  })
})

test('without dataId the record’s own id counts', () => {
  expect(parseKustomerWebhook({ ...UPDATE, dataId: undefined }).dataId).toBe('64b1f0c2a9d8e7f6a5b4c3d2')
})

test.each([
  ['no body', undefined, ''],
  ['a list', [], ''],
  ['no id', { ...UPDATE, id: undefined }, 'id'],
  ['a name of another sort', { ...UPDATE, name: 'customer.update' }, 'name'],
  ['no record', { ...UPDATE, data: undefined }, 'data'],
  ['a record without id', { ...UPDATE, data: { attributes: {} } }, 'data.id'],
  ['a record without attributes', { ...UPDATE, data: { id: 'x' } }, 'data.attributes'],
])('%s is unreadable', (_, body, path) => {
  expect(() => parseKustomerWebhook(body)).toThrow(
    expect.objectContaining({
      name: 'KustomerError',
      failure: expect.objectContaining({ kind: 'unreadable', path }),
    }),
  )
})

test('a signature holds for the exact bytes and the token, and nothing else', () => {
  const body = JSON.stringify(UPDATE)
  const signature = createHmac('sha256', 't0ken').update(body).digest('hex')
  expect(verifyKustomerWebhook(body, signature, 't0ken')).toBe(true)
  expect(verifyKustomerWebhook(Buffer.from(body), signature, 't0ken')).toBe(true)
  for (const [bytes, header, token] of [
    [`${body} `, signature, 't0ken'],
    [body, signature, 'other'],
    [body, signature.toUpperCase(), 't0ken'],
    [body, signature.slice(1), 't0ken'],
    [body, `sha256=${signature}`, 't0ken'],
    [body, '', 't0ken'],
    [body, null, 't0ken'],
    [body, undefined, 't0ken'],
    [body, createHmac('sha256', '').update(body).digest('hex'), ''],
  ] as const)
    expect(verifyKustomerWebhook(bytes, header, token)).toBe(false)
})

/** Puts something else at a random place of a payload. */
const mutated = (original: unknown) =>
  fc.tuple(fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }), fc.jsonValue()).map(([turns, value]) => {
    const copy = structuredClone(original)
    let node = copy as Record<string, unknown>
    for (const [depth, turn] of turns.entries()) {
      const keys = Object.keys(node)
      const key = keys[turn % keys.length]
      if (key === undefined) break
      const inner = node[key]
      if (depth === turns.length - 1 || typeof inner !== 'object' || inner === null) {
        node[key] = value
        break
      }
      node = inner as Record<string, unknown>
    }
    return copy
  })

test.each(['webhook-customer-update', 'webhook-conversation-create'])(
  'whatever happens to %s, it is read or it is a KustomerError',
  (name) => {
    fc.assert(
      fc.property(mutated(payload(name)), (body) => {
        try {
          parseKustomerWebhook(body)
        } catch (error) {
          expect(error).toBeInstanceOf(KustomerError)
        }
      }),
      { numRuns: 500 },
    )
  },
)

test.each([
  ['customer', 200],
  ['customer-search', 200],
  ['error-observed', 400],
  ['error-duplicate', 409],
  ['bulk-batches', 200],
  ['outbound-webhook', 200],
])('whatever happens to the answer %s, it is read or it is a KustomerError', async (name, status) => {
  await fc.assert(
    fc.asyncProperty(mutated(payload(name)), async (body) => {
      const kustomer = createKustomer({
        apiUrl: 'http://127.0.0.1:1',
        apiKey: 'k',
        userAgent: 't',
        fetch: async () => Response.json(body, { status }),
      })
      for (const work of [
        () => kustomer.customers.create({}),
        () => kustomer.customers.search({}),
        () => kustomer.bulk.batches('x'),
        () => kustomer.webhooks.get('x'),
        () => kustomer.auth.current(),
      ])
        await work().catch((error: unknown) => expect(error).toBeInstanceOf(KustomerError))
    }),
    { numRuns: 150 },
  )
})
