import { once } from 'node:events'
import { createServer } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCloudTalk } from '../cloudtalk/index.ts'
import { createKustomer } from '../kustomer/index.ts'
import { createVendorFetch } from './vendor-fetch.ts'

let url: string
let asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.headers.host} ${request.url}`)
  if (request.url?.includes('elsewhere')) response.writeHead(302, { location: 'http://127.0.0.1:1/' })
  else response.writeHead(404, { 'content-type': 'application/json' })
  response.end('{}')
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  url = `http://127.0.0.1:${address.port}`
})
afterAll(() => server.close())

const addressesOf = ({ cloudtalk, kustomer }: ReturnType<typeof accountsAt>) => [
  cloudtalk.apiUrl,
  kustomer.apiUrl,
]
const accountsAt = (root: string) => ({
  cloudtalk: { accessKeyId: 'id', accessKeySecret: 'secret', apiUrl: `${root}/api` },
  kustomer: { org: 'acme', apiKey: 'key', apiUrl: root },
  userAgent: 'tests',
})

test.each(['https://evil.test/', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'http://169.254.169.254/'])(
  '%s is no vendor',
  async (address) => {
    await expect(createVendorFetch(addressesOf(accountsAt(url)))(address)).rejects.toThrow(/is not a vendor/)
  },
)

test('whatever an id is, a client asks its vendor and nobody else', async () => {
  const accounts = accountsAt(url)
  const fetch = createVendorFetch(addressesOf(accounts))
  const cloudtalk = createCloudTalk({ ...accounts.cloudtalk, userAgent: 'tests', fetch })
  const kustomer = createKustomer({ ...accounts.kustomer, userAgent: 'tests', fetch })
  const odd = fc.constantFrom(
    '//evil.test',
    '@evil.test',
    '../../../evil',
    '\\\\evil.test',
    'a?b=c#d',
    ':80',
    '%2f..',
  )
  const id = fc.oneof(odd, fc.string({ unit: 'grapheme', minLength: 1 }))
  await fc.assert(
    fc.asyncProperty(id, async (someId) => {
      asked = []
      await cloudtalk.contacts.show(someId).catch(() => undefined)
      await kustomer.customers.get(someId).catch(() => undefined)
      await kustomer.conversations.byExternalId(someId).catch(() => undefined)
      const host = new URL(url).host
      for (const request of asked) expect(request.startsWith(`${host} /`)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('a redirect is not followed', async () => {
  const accounts = accountsAt(url)
  const kustomer = createKustomer({
    ...accounts.kustomer,
    userAgent: 'tests',
    fetch: createVendorFetch(addressesOf(accounts)),
  })
  await expect(kustomer.customers.get('elsewhere')).rejects.toMatchObject({
    failure: { kind: 'unavailable', status: 302 },
  })
})
