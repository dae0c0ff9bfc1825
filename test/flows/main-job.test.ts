import { afterEach, describe, expect, test } from 'vitest'
import { databaseKinds } from '../helpers/databases.ts'
import { createCompany, createCustomer, endCall, everyField } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let stack: Stack
afterEach(() => stack?.close())

/** The contact that requirements §1 make of `everyField`. */
const exactContact = (customerId: string, countryId: number) => ({
  name: 'Zoë Ångström & Söhne',
  company: 'Ångström & Co',
  website: 'https://www.example.com',
  address: '12 High Street, Floor 3',
  city: 'London',
  zip: 'EC1A 1BB',
  state: 'Greater London',
  country_id: countryId,
  favorite_agent: null,
  numbers: ['+442071838750', '+421905123456'],
  emails: ['zoe@example.com', 'Zoe.Work@example.com'],
  external_urls: [{ name: 'Kustomer', url: `https://acme.kustomerapp.com/app/customers/${customerId}` }],
  title: '',
  industry: '',
  tags: ['from-kustomer'],
})

describe.each(databaseKinds)('the main job on %s', (database) => {
  test('a customer with every field becomes exactly this contact', async () => {
    stack = await startStack({ database, settings: { contactTag: 'from-kustomer' } })
    const companyId = await createCompany(stack, 'Ångström & Co')
    const customerId = await createCustomer(stack, everyField(companyId))
    await stack.settled()
    const { contacts, countries } = await stack.cloudtalk.state()
    const gb = countries?.find(({ country_code }) => country_code === 'GB').id
    expect(contacts).toHaveLength(1)
    expect(contacts?.[0]).toMatchObject(exactContact(customerId, gb))
  })

  test('an answered call becomes exactly this conversation, note and message', async () => {
    stack = await startStack({ database })
    const customerId = await createCustomer(stack, everyField(await createCompany(stack, 'Acme')))
    await stack.settled()
    const { agents, groups, numbers } = await stack.cloudtalk.state()
    const agent = agents?.[0]
    const endedAt = '2026-10-05T10:20:30.000Z'
    const call = await endCall(stack, {
      agent_email: agent.email,
      group: groups?.[0].internal_name,
      talking_time: 192,
      waiting_time: 7,
      notes: ['Wants a refund', 'Call back'],
      tags: ['billing', 'urgent'],
      ended_at: endedAt,
    })
    await stack.settled()
    const { conversations, notes, messages, users } = await stack.kustomer.state()
    expect(conversations).toHaveLength(1)
    const user = users?.find(({ attributes }) => attributes.email === agent.email)
    expect(conversations?.[0]).toMatchObject({
      attributes: {
        externalId: call.id,
        name: 'Answered Call',
        direction: 'in',
        status: 'done',
        assignedUsers: [user.id],
        createdAt: endedAt,
        channels: ['chat'],
      },
      relationships: { customer: { data: { id: customerId } } },
    })
    expect(notes).toHaveLength(1)
    const number = numbers?.[0]
    expect(notes?.[0]).toMatchObject({
      attributes: {
        externalId: call.id,
        createdAt: endedAt,
        body: [
          'Subject: Answered Call',
          'Direction: in',
          `Agent name: ${agent.firstname} ${agent.lastname}`,
          'Contact name: Zoë Ångström & Söhne',
          `Group name: ${groups?.[0].internal_name}`,
          'Call duration: 3m 12s',
          'Wait time: 7s',
          'Call notes: Wants a refund, Call back',
          'Call tags: billing, urgent',
          'Customer number: +442071838750',
          `CloudTalk number: ${number.caller_id_e164} (${number.internal_name})`,
          `Recording: https://my.cloudtalk.io/r/play/${call.id}`,
        ].join('\n'),
      },
      relationships: { conversation: { data: { id: conversations?.[0].id } } },
    })
    expect(messages).toHaveLength(1)
    expect(messages?.[0]).toMatchObject({
      attributes: { channel: 'chat', direction: 'in', externalId: `call-${call.id}` },
    })
  })

  test('an update changes only what changed, and what is not mapped stays', async () => {
    stack = await startStack({ database })
    const id = await createCustomer(stack, everyField(await createCompany(stack, 'Acme')))
    await stack.settled()
    const [before] = (await stack.cloudtalk.state()).contacts ?? []
    await stack.cloudtalk.api('POST', `/contacts/edit/${before.id}.json`, {
      name: before.name,
      title: 'Dr.',
      industry: 'music',
      ContactsTag: [{ name: 'keep me' }],
      ContactAttribute: [{ attribute_id: 10_133, value: 'Gold' }],
    })
    await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Zoë Renamed' })
    await stack.settled()
    const [after] = (await stack.cloudtalk.state()).contacts ?? []
    expect(after).toMatchObject({
      name: 'Zoë Renamed',
      title: 'Dr.',
      industry: 'music',
      tags: ['keep me'],
      attributes: [{ attribute_id: 10_133, value: 'Gold' }],
      numbers: before.numbers,
      emails: before.emails,
      address: before.address,
    })
  })

  test('a change of nothing that is mapped writes nothing', async () => {
    stack = await startStack({ database })
    const id = await createCustomer(stack, everyField(await createCompany(stack, 'Acme')))
    await stack.settled()
    const { data } = await stack.kustomer.api<{
      data: { relationships: { company: { data: { id: string } } } }
    }>('GET', `/customers/${id}`)
    const written = async () => (await stack.cloudtalk.requests()).byRoute['POST /bulk/contacts.json']
    const before = await written()
    await stack.kustomer.api('PUT', `/customers/${id}`, {
      gender: 'f',
      company: data.relationships.company.data.id,
    })
    await stack.kustomer.api('PUT', `/customers/${id}`, {
      name: 'Zoë Ångström & Söhne',
      company: data.relationships.company.data.id,
    })
    await stack.settled()
    expect(await written()).toBe(before)
  })
})
