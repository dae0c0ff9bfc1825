import { afterEach, beforeEach, expect, test } from 'vitest'
import { at, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await startTestApi({ now: () => Date.parse('2026-07-01T12:00:00.000Z') })
  await api.switches({ rateLimit: 10_000 })
})
afterEach(() => api.close())

const FULL = {
  name: 'Jane & "Joe" <O\'Hara>',
  title: 'Dr.',
  company: 'Bits & Bobs',
  industry: 'it',
  website: 'https://bits.example',
  address: 'First st. 1',
  city: 'Milano',
  zip: '20100',
  state: 'MI',
  country_id: 109,
  favorite_agent: 493_901,
  ExternalUrl: [{ name: 'Kustomer', url: 'https://acme.example/1' }],
  ContactNumber: [{ public_number: '+393513416607' }, { public_number: 442079460018 }],
  ContactEmail: [{ email: 'jane@bits.example' }],
  ContactsTag: [{ name: 'VIP' }, { name: 'Fresh' }],
  ContactAttribute: [{ attribute_id: 10_133, value: 'Gold' }],
}

test('show has the keys seen on the wire, in their order, escaped, numbers as strings', async () => {
  const id = await api.addContact(FULL)
  const { text } = await api.api('GET', `/contacts/show/${id}.json`)
  expect(text).toBe(
    JSON.stringify({
      responseData: {
        Contact: {
          id,
          name: 'Jane &amp; &quot;Joe&quot; &lt;O&#039;Hara&gt;',
          title: 'Dr.',
          company: 'Bits &amp; Bobs',
          industry: 'it',
          website: 'https://bits.example',
          address: 'First st. 1',
          city: 'Milano',
          zip: '20100',
          state: 'MI',
          country_id: '109',
          favorite_agent: '493901',
          created: '2026-07-01T14:00:00+02:00',
          modified: '2026-07-01T14:00:00+02:00',
        },
        ContactEmail: [{ email: 'jane@bits.example', contact_id: id }],
        ContactNumber: [
          { public_number: '+393513416607', contact_id: id },
          { public_number: '+442079460018', contact_id: id },
        ],
        Tag: [{ name: 'VIP' }, { name: 'Fresh' }],
        ExternalUrl: [{ name: 'Kustomer', url: 'https://acme.example/1' }],
        ContactAttribute: [
          { attribute_id: '10133', title: 'Loyalty tier', value: 'Gold' },
          { attribute_id: '10134', title: 'Shoe size', value: '' },
        ],
      },
    }),
  )
  expect(at(await api.data('GET', '/tags/index.json'), 'data')).toContainEqual({
    Tag: { id: expect.any(String), name: 'Fresh' },
  })
})

test('an empty contact has nulls for scalars, empty lists, and no links', async () => {
  const id = await api.addContact({ name: 'Bare' })
  expect(await api.data('GET', `/contacts/show/${id}.json`)).toMatchObject({
    Contact: { zip: null, company: null, country_id: null, favorite_agent: null },
    ContactEmail: [],
    ContactNumber: [],
    Tag: [],
    ExternalUrl: null,
  })
})

test('tagKey ContactsTag renames the tags of show', async () => {
  await api.switches({ tagKey: 'ContactsTag' })
  const shown = await api.data('GET', `/contacts/show/${await api.addContact(FULL)}.json`)
  expect(at(shown, 'ContactsTag')).toEqual([{ name: 'VIP' }, { name: 'Fresh' }])
  expect(at(shown, 'Tag')).toBeUndefined()
})

test('add answers 201 in status and body, and never de-duplicates', async () => {
  const contact = { name: 'Twin', ContactNumber: [{ public_number: '+442079460018' }] }
  const first = await api.api('PUT', '/contacts/add.json', contact)
  const second = await api.api('PUT', '/contacts/add.json', contact)
  expect(first).toMatchObject({
    status: 201,
    body: { responseData: { status: 201, data: { id: expect.any(String) } } },
  })
  expect(at(second.body, 'responseData.data.id')).not.toBe(at(first.body, 'responseData.data.id'))
})

test.each([
  ['name', {}, 'name', 'This field is required.'],
  ['empty name', { name: ' ' }, 'name', 'This field is required.'],
  ['name of 151', { name: 'é'.repeat(151) }, 'name', 'Maximum length is 150 characters.'],
  ['company of 101', { name: 'a', company: 'x'.repeat(101) }, 'company', 'Maximum length is 100 characters.'],
  ['website of 101', { name: 'a', website: 'x'.repeat(101) }, 'website', 'Maximum length is 100 characters.'],
  ['zip of 16', { name: 'a', zip: 'x'.repeat(16) }, 'zip', 'Maximum length is 15 characters.'],
  ['address of 256', { name: 'a', address: 'x'.repeat(256) }, 'address', 'Maximum length is 255 characters.'],
  ['unknown country', { name: 'a', country_id: 9_999 }, 'country_id', 'Please supply a valid country.'],
  ['unknown agent', { name: 'a', favorite_agent: 1 }, 'favorite_agent', 'Please supply a valid agent.'],
  [
    'email',
    { name: 'a', ContactEmail: [{ email: 'nope' }] },
    'email',
    'Please supply a valid email address.',
  ],
  [
    'number',
    { name: 'a', ContactNumber: [{ public_number: '+99912345678' }] },
    'public_number',
    'Please supply only valid numbers. Number 99912345678 is not valid.',
  ],
  [
    'four links',
    { name: 'a', ExternalUrl: Array(4).fill({ name: 'k', url: 'u' }) },
    'ExternalUrl',
    'You may list up to 3 URLs.',
  ],
  [
    'link name of 31',
    { name: 'a', ExternalUrl: [{ name: 'k'.repeat(31), url: 'u' }] },
    'name',
    'Maximum length is 30 characters.',
  ],
  [
    'unknown attribute',
    { name: 'a', ContactAttribute: [{ attribute_id: 1, value: 'x' }] },
    'attribute_id',
    'Please supply a valid attribute.',
  ],
  ['unknown key', { name: 'a', phone: '1' }, 'phone', 'Unknown field.'],
])('add refuses: %s', async (_, body, field, message) => {
  const answer = await api.api('PUT', '/contacts/add.json', body)
  expect(answer.status).toBe(406)
  expect(answer.body).toEqual({
    responseData: { status: 406, message: 'Invalid input data.', data: { [field]: [message] } },
  })
  expect(await api.state('contacts')).toEqual([])
})

test('150 accented characters are a name, and lenient bodies ignore unknown keys', async () => {
  await api.switches({ strictBodies: false })
  const answer = await api.api('PUT', '/contacts/add.json', {
    name: 'é'.repeat(150),
    phone: '1',
    source: 'x',
  })
  expect(answer.status).toBe(201)
})

test('edit is partial, replaces sets, clears by empty string, and moves created', async () => {
  let now = Date.parse('2026-01-01T12:00:00.000Z')
  await api.close()
  api = await startTestApi({ now: () => now })
  const id = await api.addContact(FULL)
  now += 60_000
  const edit = {
    city: '',
    ContactNumber: [{ public_number: '+442079460019' }],
    ContactEmail: '',
    country_id: '',
  }
  expect((await api.api('POST', `/contacts/edit/${id}.json`, edit)).body).toEqual({
    responseData: { status: 200 },
  })
  expect(await api.state('contacts.0')).toMatchObject({
    name: FULL.name,
    city: '',
    zip: '20100',
    country_id: null,
    numbers: ['+442079460019'],
    emails: [],
    tags: ['VIP', 'Fresh'],
    external_urls: [{ name: 'Kustomer', url: 'https://acme.example/1' }],
    attributes: [{ attribute_id: 10_133, value: 'Gold' }],
    title: 'Dr.',
    industry: 'it',
  })
  const { created, modified } = (await api.state('contacts.0')) as { created: string; modified: string }
  expect([created, modified]).toEqual(['2026-01-01T12:01:00.000Z', '2026-01-01T12:01:00.000Z'])
  expect(at(await api.data('GET', `/contacts/show/${id}.json`), 'Contact.modified')).toBe(
    '2026-01-01T13:01:00+01:00',
  )
})

test('links of an edit replace the old ones, or are added by switch', async () => {
  const id = await api.addContact(FULL)
  const edit = { ExternalUrl: [{ name: 'B', url: 'b' }] }
  await api.api('POST', `/contacts/edit/${id}.json`, edit)
  expect(await api.state('contacts.0.external_urls')).toEqual([{ name: 'B', url: 'b' }])
  await api.switches({ externalUrlOnEdit: 'append' })
  await api.api('POST', `/contacts/edit/${id}.json`, edit)
  expect(await api.state('contacts.0.external_urls')).toHaveLength(2)
})

test('edit takes no name, unless the switch wants one', async () => {
  const id = await api.addContact({ name: 'Kept' })
  expect((await api.api('POST', `/contacts/edit/${id}.json`, { city: 'Brno' })).status).toBe(200)
  await api.switches({ editRequiresName: true })
  const refused = await api.api('POST', `/contacts/edit/${id}.json`, { city: 'Cork' })
  expect(at(refused.body, 'responseData.data')).toEqual({ name: ['This field is required.'] })
})

test('index rows lack the plus, have the first number and email, and come newest first', async () => {
  await api.addContact(FULL)
  await api.addContact({ name: 'Later', ContactNumber: [{ public_number: '+442079460018' }] })
  const list = await api.data('GET', '/contacts/index.json')
  expect(list).toMatchObject({ itemsCount: 2, pageCount: 1, pageNumber: 1, limit: 30 })
  expect(at(list, 'data')).toEqual([
    {
      Contact: { id: expect.any(String), name: 'Later', company: null },
      ContactNumber: { public_number: '442079460018' },
      ContactEmail: { email: null },
    },
    {
      Contact: { id: expect.any(String), name: expect.stringContaining('&amp;'), company: 'Bits &amp; Bobs' },
      ContactNumber: { public_number: '393513416607' },
      ContactEmail: { email: 'jane@bits.example' },
      ContactAttribute: { attribute_id: '10133', title: 'Loyalty tier', value: 'Gold' },
    },
  ])
  await api.switches({ indexRelations: 'array' })
  expect(at(await api.data('GET', '/contacts/index.json'), 'data.1')).toMatchObject({
    ContactNumber: [{ public_number: '393513416607' }, { public_number: '442079460018' }],
    ContactEmail: [{ email: 'jane@bits.example' }],
  })
})

test.each([
  ['keyword by number with plus', 'keyword=%2B393513416607', 1],
  ['keyword by number of the second line', 'keyword=442079460018', 2],
  ['keyword finds numbers that end alike', 'keyword=%2B48513416607', 1],
  ['keyword by part of the name, any case', 'keyword=o%27HAR', 1],
  ['keyword by company', 'keyword=bits', 1],
  ['keyword by email', 'keyword=JANE@bits', 1],
  ['keyword without match', 'keyword=zzz', 0],
  ['country', 'country_id=109', 1],
  ['industry', 'industry=it', 1],
  ['unknown tag', 'tag_id=1', 0],
  ['unknown filters are ignored', 'updated_since=2026', 2],
])('index filters: %s', async (_, query, count) => {
  await api.addContact(FULL)
  await api.addContact({ name: 'Other', ContactNumber: [{ public_number: '+442079460018' }] })
  expect(at(await api.data('GET', `/contacts/index.json?${query}`), 'itemsCount')).toBe(count)
})

test('index by tag', async () => {
  await api.addContact(FULL)
  await api.addContact({ name: 'Other' })
  const tags = (await api.state('tags')) as { id: number; name: string }[]
  const fresh = tags.find(({ name }) => name === 'Fresh')
  expect(at(await api.data('GET', `/contacts/index.json?tag_id=${fresh?.id}`), 'itemsCount')).toBe(1)
})

test('pages: total count, page past the end empty or 404, default limit, limit bounds', async () => {
  for (let index = 0; index < 5; index += 1) await api.addContact({ name: `N${index}` })
  const second = await api.data('GET', '/contacts/index.json?limit=2&page=2')
  expect(second).toMatchObject({ itemsCount: 5, pageCount: 3, pageNumber: 2, limit: 2 })
  expect(at(second, 'data.0.Contact.name')).toBe('N2')
  expect(at(await api.data('GET', '/contacts/index.json?limit=2&page=9'), 'data')).toEqual([])
  await api.switches({ pageBeyondEnd: 'notFound', defaultLimit: 4 })
  expect((await api.api('GET', '/contacts/index.json?limit=2&page=9')).status).toBe(404)
  expect(await api.data('GET', '/contacts/index.json')).toMatchObject({ limit: 4, pageCount: 2 })
  for (const bad of ['limit=1001', 'limit=0', 'page=0', 'limit=x'])
    expect((await api.api('GET', `/contacts/index.json?${bad}`)).status).toBe(406)
})

test('delete, then 404 everywhere', async () => {
  const id = await api.addContact(FULL)
  expect((await api.api('DELETE', `/contacts/delete/${id}.json`)).body).toEqual({
    responseData: { status: 200 },
  })
  for (const [method, path] of [
    ['DELETE', 'delete'],
    ['GET', 'show'],
    ['POST', 'edit'],
    ['PUT', 'addTags'],
    ['DELETE', 'removeTags'],
  ] as const)
    expect(
      (await api.api(method, `/contacts/${path}/${id}.json`, method === 'GET' ? undefined : {})).status,
    ).toBe(404)
})

test('addTags keeps the others, removeTags has a body on DELETE', async () => {
  const id = await api.addContact(FULL)
  expect(await api.data('PUT', `/contacts/addTags/${id}.json`, { tags: ['New', 'VIP'] })).toEqual({
    status: 200,
    message: 'Tags were sucessfully added.',
    data: {
      tags: [
        { id: expect.any(String), name: 'New' },
        { id: expect.any(String), name: 'VIP' },
      ],
      contact_id: id,
    },
  })
  expect(await api.state('contacts.0.tags')).toEqual(['VIP', 'Fresh', 'New'])
  const removed = await api.data('DELETE', `/contacts/removeTags/${id}.json`, { tags: ['Fresh'] })
  expect(at(removed, 'message')).toBe('Tags were successfully removed.')
  expect(await api.state('contacts.0.tags')).toEqual(['VIP', 'New'])
  expect((await api.api('PUT', `/contacts/addTags/${id}.json`, { tags: 'x' })).status).toBe(406)
})

test('attributes and countries are bare lists', async () => {
  expect(await api.data('GET', '/contacts/attributes.json')).toContainEqual({
    ContactAttribute: { id: '10134', title: 'Shoe size' },
  })
  const countries = await api.data('GET', '/countries/index.json')
  expect(countries).toHaveLength(249)
  expect(countries).toContainEqual({
    Country: { id: '109', name: 'Italy', country_code: 'IT', iso3: 'ITA', calling_code: '39' },
  })
})
