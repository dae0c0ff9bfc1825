import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
beforeEach(async () => {
  local = await startLocalEmulator()
})
afterEach(() => local.close())

const create = (body: object): Promise<Shown> => local.written('POST', '/customers', body)

describe('create', () => {
  test('a flat body becomes a record with its defaults', async () => {
    const customer = await create({
      name: 'Ann Bell',
      externalId: '6',
      emails: [{ email: 'Ann@example.org' }],
      phones: [{ phone: '+421904123456', type: 'work' }],
      urls: [{ url: 'https://a.example', type: 'website' }],
      locations: [{ type: 'work', address: 'Long 1', countryCode: 'SK' }],
    })
    expect(customer).toMatchObject({
      type: 'customer',
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      attributes: {
        name: 'Ann Bell',
        displayName: 'Ann Bell',
        firstName: 'Ann',
        lastName: 'Bell',
        externalId: '6',
        externalIds: [{ verified: true, externalId: '6' }],
        emails: [{ type: 'home', email: 'Ann@example.org', verified: false }],
        phones: [{ type: 'work', phone: '+421904123456', verified: false }],
        sharedWhatsapps: [],
        createdAt: '2026-06-01T12:00:00.000Z',
        rev: 1,
      },
      relationships: { org: {}, createdBy: {}, modifiedBy: {}, messages: {} },
      links: { self: `/v1/customers/${customer.id}` },
    })
  })

  test.each([
    [{ name: '', emails: [{ email: 'a@b.example' }] }, 'a@b.example'],
    [{ phones: [{ phone: '421904123456' }] }, '421904123456'],
    [{}, 'Unknown'],
  ])('%j is displayed as %s', async (body, displayName) => {
    expect((await create(body)).attributes.displayName).toBe(displayName)
  })

  const refused: [string, object, string, string][] = [
    ['an unknown key', { nme: 'x' }, 'nme', '/additionalProperties'],
    ['a key that is only in answers', { sharedWhatsapps: [] }, 'sharedWhatsapps', '/additionalProperties'],
    ['a long name', { name: 'x'.repeat(257) }, 'name', '/properties/name/maxLength'],
    ['an empty external id', { externalId: '' }, 'externalId', '/properties/externalId/minLength'],
    [
      'a phone that is none',
      { phones: [{ phone: '0904 123' }] },
      'phones.0.phone',
      '/properties/phones/items/properties/phone/format',
    ],
    [
      'an email that is none',
      { emails: [{ email: 'x' }] },
      'emails.0.email',
      '/properties/emails/items/properties/email/format',
    ],
    [
      'an unknown type of phone',
      { phones: [{ phone: '+421904123456', type: 'desk' }] },
      'phones.0.type',
      '/properties/phones/items/properties/type/enum',
    ],
    [
      'an unknown key in an item',
      { urls: [{ url: 'https://a.example', label: 'x' }] },
      'label',
      '/properties/urls/items/additionalProperties',
    ],
    [
      'eleven emails',
      { emails: Array.from({ length: 11 }, (_, n) => ({ email: `a${n}@b.example` })) },
      'emails',
      '/properties/emails/maxItems',
    ],
    [
      'the same item twice',
      { phones: [{ phone: '+421904123456' }, { phone: '+421904123456' }] },
      'phones',
      '/properties/phones/uniqueItems',
    ],
    [
      'a long region code',
      { locations: [{ regionCode: 'ABC' }] },
      'locations.0.regionCode',
      '/properties/locations/items/properties/regionCode/maxLength',
    ],
    ['a bad date', { createdAt: '2026-01-01' }, 'createdAt', '/properties/createdAt/format'],
    [
      'no phone in an item',
      { phones: [{}] },
      'phones.0.phone',
      '/properties/phones/items/properties/phone/required',
    ],
    ['an unknown company', { company: '5c6e009c68b9d153304397d8' }, 'company', '/properties/company'],
  ]
  test.each(refused)('%s is 400', async (_label, body, parameter, detail) => {
    const reply = await local.api('POST', '/customers', body)
    expect(reply.status).toBe(400)
    expect(problem(reply)).toMatchObject({ code: 'badparam', source: { parameter }, detail })
  })

  test('times of the past are kept', async () => {
    const customer = await create({
      createdAt: '2020-01-01T01:00:00+01:00',
      importedAt: '2026-01-01T00:00:00Z',
    })
    expect(customer.attributes).toMatchObject({
      createdAt: '2020-01-01T00:00:00.000Z',
      importedAt: '2026-01-01T00:00:00.000Z',
    })
  })
})

describe('unique values', () => {
  const values: [string, object, object][] = [
    [
      'phone',
      { phones: [{ phone: '+421904123456' }] },
      { phones: [{ phone: '+421904123456', type: 'work' }] },
    ],
    ['email', { emails: [{ email: 'a@b.example' }] }, { emails: [{ email: 'A@B.example' }] }],
    ['externalId', { externalId: '6' }, { externalIds: [{ externalId: '6' }] }],
    [
      'whatsapp',
      { whatsapps: [{ phone: 'whatsapp:+421904123456' }] },
      { whatsapps: [{ phone: 'whatsapp:+421904123456' }] },
    ],
    [
      'social',
      { socials: [{ type: 'twitter', username: 'a' }] },
      { socials: [{ type: 'twitter', username: 'a' }] },
    ],
  ]
  test.each(values)('a second %s is 409, by switch 400', async (parameter, first, second) => {
    const { id } = await create(first)
    const reply = await local.api('POST', '/customers', second)
    expect(reply.status).toBe(409)
    expect(problem(reply)).toMatchObject({
      code: 'conflict',
      source: { parameter },
      detail: `duplicate ${parameter}`,
    })
    await local.control('PUT', '/switches', { duplicateStatus: 400 })
    expect((await local.api('POST', '/customers', second)).status).toBe(400)
    const other = await create({ name: 'Other' })
    expect((await local.api('PATCH', `/customers/${other.id}`, second)).status).toBe(400)
    expect((await local.api('PATCH', `/customers/${id}`, first)).status).toBe(200)
  })

  test('shared lists may repeat, a phone without its plus is another one', async () => {
    await create({ phones: [{ phone: '+421904123456' }], sharedEmails: [{ email: 'a@b.example' }] })
    await create({ phones: [{ phone: '421904123456' }], sharedEmails: [{ email: 'a@b.example' }] })
    await create({ sharedPhones: [{ phone: '+421904123456' }] })
  })

  test('a value given up is free again', async () => {
    const { id } = await create({ phones: [{ phone: '+421904123456' }] })
    await local.api('PATCH', `/customers/${id}`, { phones: [] })
    const second = await create({ phones: [{ phone: '+421904123456' }] })
    await local.api('DELETE', `/customers/${second.id}`)
    await create({ phones: [{ phone: '+421904123456' }] })
  })
})

describe('look-ups', () => {
  const paths = [
    '/customers/phone=+421904123456',
    '/customers/phone=%2B421904123456',
    '/customers/email=ann+x@example.org',
    '/customers/email=ANN%2Bx%40example.org',
    '/customers/externalId=ct/6',
    '/customers/externalId=ct%2F6',
  ]
  test.each(paths)('%s', async (path) => {
    const { id } = await create({
      phones: [{ phone: '+421904123456' }],
      emails: [{ email: 'ann+x@example.org' }],
      externalId: 'ct/6',
    })
    const reply = await local.api('GET', path)
    const plainSlash = path.endsWith('ct/6')
    expect([reply.status, (reply.body.data as Shown | undefined)?.id]).toEqual(
      plainSlash ? [404, undefined] : [200, id],
    )
  })

  test('a stranger is 404 naming the key', async () => {
    const reply = await local.api('GET', '/customers/externalId=7')
    expect(reply.status).toBe(404)
    expect(problem(reply)).toEqual({
      status: 404,
      source: { parameter: 'externalId' },
      code: 'notfound',
      title: 'Not Found',
    })
  })

  test('phones are compared as stored, by switch without their plus', async () => {
    await create({ phones: [{ phone: '421904123456' }] })
    expect((await local.api('GET', '/customers/phone=+421904123456')).status).toBe(404)
    await local.control('PUT', '/switches', { phoneLookupIgnoresPlus: true })
    expect((await local.api('GET', '/customers/phone=+421904123456')).status).toBe(200)
  })

  test('by switch phones are stored with a plus', async () => {
    await local.control('PUT', '/switches', { normalisePhones: true })
    const customer = await create({ phones: [{ phone: '421904123456' }] })
    expect(customer.attributes.phones).toMatchObject([{ phone: '+421904123456' }])
  })

  test('several by a comma list', async () => {
    const [one, two] = [await create({ name: 'A' }), await create({ name: 'B' })]
    expect(ids(await local.api('GET', `/customers/${one.id},none,${two.id}`))).toEqual([one.id, two.id])
  })
})

describe('update', () => {
  test('PATCH, and PUT without replace, change what they name; lists as a whole', async () => {
    const { id } = await create({ name: 'A', username: 'u', phones: [{ phone: '+421904123456' }] })
    for (const method of ['PATCH', 'PUT']) {
      local.advance(1000)
      const changed = await local.written(method, `/customers/${id}`, {
        phones: [{ phone: `+42190412345${method.length}` }],
      })
      expect(changed.attributes).toMatchObject({
        name: 'A',
        username: 'u',
        phones: [{ phone: `+42190412345${method.length}` }],
      })
    }
    const { attributes } = await local.written('PATCH', `/customers/${id}`, {})
    expect(attributes).toMatchObject({
      rev: 4,
      createdAt: '2026-06-01T12:00:00.000Z',
      modifiedAt: '2026-06-01T12:00:02.000Z',
    })
  })

  test('PUT with replace clears the rest', async () => {
    const { id } = await create({
      name: 'A',
      username: 'u',
      externalId: '6',
      phones: [{ phone: '+421904123456' }],
    })
    const { attributes } = await local.written('PUT', `/customers/${id}?replace=true`, { name: 'B' })
    expect(attributes).toMatchObject({
      name: 'B',
      username: null,
      externalId: null,
      externalIds: [],
      phones: [],
    })
  })

  test('an external id goes and comes in both attributes', async () => {
    const { id } = await create({ externalId: '6' })
    const second = await local.written('PATCH', `/customers/${id}`, { externalId: '7' })
    expect(second.attributes).toMatchObject({ externalId: '7', externalIds: [{ externalId: '7' }] })
    const third = await local.written('PATCH', `/customers/${id}`, { externalId: null })
    expect(third.attributes).toMatchObject({ externalId: null, externalIds: [] })
    const fourth = await local.written('PATCH', `/customers/${id}`, { externalIds: [{ externalId: '8' }] })
    expect(fourth.attributes).toMatchObject({
      externalId: '8',
      externalIds: [{ externalId: '8', verified: false }],
    })
  })

  test.each(['PATCH', 'PUT'])('%s without the company unlinks it, unless switched off', async (method) => {
    const company = await local.written('POST', '/companies', { name: 'Quillworks' })
    const { id, attributes } = await create({ name: 'A', company: company.id })
    expect(attributes.companyName).toBe('Quillworks')
    const kept = await local.written(method, `/customers/${id}`, { name: 'B', company: company.id })
    expect(kept.relationships.company?.data).toEqual({ type: 'company', id: company.id })
    await local.control('PUT', '/switches', { dropOmittedCompany: false })
    expect(
      (await local.written(method, `/customers/${id}`, { name: 'C' })).relationships.company,
    ).toBeDefined()
    await local.control('PUT', '/switches', { dropOmittedCompany: true })
    const dropped = await local.written(method, `/customers/${id}`, { name: 'D' })
    expect(dropped.relationships.company).toBeUndefined()
    expect(dropped.attributes.companyName).toBeNull()
  })

  test('an older revision is 409, the current one passes', async () => {
    const { id } = await create({ name: 'A' })
    expect((await local.written('PATCH', `/customers/${id}`, { name: 'B', rev: 1 })).attributes.rev).toBe(2)
    const reply = await local.api('PATCH', `/customers/${id}`, { name: 'C', rev: 1 })
    expect([reply.status, problem(reply).source]).toEqual([409, { parameter: 'rev' }])
  })

  test('activity moves updatedAt and rev, not modifiedAt', async () => {
    const { id } = await create({ name: 'A' })
    local.advance(5000)
    await local.written('POST', '/conversations', { customer: id })
    const { attributes } = (await local.api('GET', `/customers/${id}`)).body.data as Shown
    expect(attributes).toMatchObject({
      updatedAt: '2026-06-01T12:00:05.000Z',
      lastActivityAt: '2026-06-01T12:00:05.000Z',
      modifiedAt: '2026-06-01T12:00:00.000Z',
      rev: 2,
      conversationCounts: { open: 1, done: 0, snoozed: 0, all: 1 },
    })
  })
})

describe('delete', () => {
  test('is soft: gone for every look-up, by switch still shown by id', async () => {
    const { id } = await create({ name: 'A', phones: [{ phone: '+421904123456' }] })
    expect((await local.api('DELETE', `/customers/${id}`)).status).toBe(204)
    expect((await local.api('GET', `/customers/${id}`)).status).toBe(404)
    expect((await local.api('GET', '/customers/phone=+421904123456')).status).toBe(404)
    expect((await local.api('DELETE', `/customers/${id}`)).status).toBe(404)
    expect(ids(await local.api('GET', '/customers'))).toEqual([])
    await local.control('PUT', '/switches', { getDeleted: 'record' })
    expect((await local.api('GET', `/customers/${id}`)).body.data).toMatchObject({
      attributes: { deleted: true },
    })
  })
})

describe('list', () => {
  test('pages follow links.next to null', async () => {
    const made: string[] = []
    for (let n = 0; n < 5; n++) made.push((await create({ name: `N${n}` })).id)
    const seen: string[] = []
    let next: string | null = '/v1/customers?page=1&pageSize=2'
    while (next) {
      const reply = await local.send('GET', next)
      expect(Object.keys(reply.body.meta as object)).toEqual(['pageSize', 'page'])
      seen.push(...ids(reply))
      next = (reply.body.links as { next: string | null }).next
    }
    expect(seen).toEqual(made)
    const second = await local.api('GET', '/customers?pageSize=2&page=2&sort=createdAt')
    expect(second.body.links).toEqual({
      self: '/v1/customers?page=2&pageSize=2&sort=createdAt',
      first: '/v1/customers?page=1&pageSize=2&sort=createdAt',
      prev: '/v1/customers?page=1&pageSize=2&sort=createdAt',
      next: '/v1/customers?page=3&pageSize=2&sort=createdAt',
    })
  })

  test('filters and sorts by its two times', async () => {
    const old = await create({ createdAt: '2024-01-01T00:00:00Z' })
    const newer = await create({ createdAt: '2025-01-01T00:00:00Z' })
    const query = (search: string) => local.api('GET', `/customers?${search}`)
    expect(ids(await query('filter[createdAt][gte]=2025-01-01T00:00:00Z'))).toEqual([newer.id])
    expect(ids(await query('filter%5BcreatedAt%5D%5Blt%5D=2025-01-01T00:00:00Z'))).toEqual([old.id])
    expect(ids(await query('sort=-createdAt'))).toEqual([newer.id, old.id])
  })

  test.each([
    'pageSize=101',
    'page=0',
    'page=x',
    'sort=name',
    'filter[name][gte]=a',
    'filter[createdAt][gte]=x',
  ])('%s is 400', async (query) => expect((await local.api('GET', `/customers?${query}`)).status).toBe(400))
})
