import type { Emulators } from './emulators.ts'

/** A Kustomer customer with every field that requirements §1 maps, and some that it does not. */
export const everyField = (companyId: string) => ({
  name: 'Zoë Ångström & Söhne',
  company: companyId,
  externalId: 'crm-4711',
  phones: [
    { type: 'mobile', phone: '+442071838750' },
    { type: 'work', phone: '+421905123456' },
  ],
  emails: [
    { type: 'home', email: 'zoe@example.com' },
    { type: 'work', email: 'Zoe.Work@example.com' },
  ],
  urls: [
    { url: 'https://blog.example.com', type: 'blog' },
    { url: 'https://www.example.com', type: 'website' },
  ],
  locations: [
    { type: 'home', address: 'Nowhere 1', cityName: 'Elsewhere', countryCode: 'FR' },
    {
      type: 'work',
      address: '12 High Street',
      address2: 'Floor 3',
      cityName: 'London',
      zipCode: 'EC1A 1BB',
      regionName: 'Greater London',
      countryCode: 'GB',
    },
  ],
  tags: ['vip'],
})

export const customer = (phone: string, more: Record<string, unknown> = {}) => ({
  name: `Customer ${phone.slice(-4)}`,
  phones: [{ type: 'mobile', phone }],
  ...more,
})

export async function createCustomer(emulators: Emulators, body: unknown): Promise<string> {
  const { data } = await emulators.kustomer.api<{ data: { id: string } }>('POST', '/customers', body)
  return data.id
}

export async function createCompany(emulators: Emulators, name: string): Promise<string> {
  const { data } = await emulators.kustomer.api<{ data: { id: string } }>('POST', '/companies', { name })
  return data.id
}

/** Adds a contact through CloudTalk's API. @returns its id, as it is written everywhere. */
export async function addContact(emulators: Emulators, body: unknown): Promise<string> {
  const { responseData } = await emulators.cloudtalk.api<{ responseData: { data: { id: string } } }>(
    'PUT',
    '/contacts/add.json',
    body,
  )
  return responseData.data.id
}

/** Edits a contact as somebody in CloudTalk does. */
export async function editContact(emulators: Emulators, id: string | number, body: unknown): Promise<void> {
  await emulators.cloudtalk.api('POST', `/contacts/edit/${id}.json`, body)
}

export interface CallInput {
  direction?: 'incoming' | 'outgoing' | 'internal'
  outcome?: 'answered' | 'missed' | 'voicemail'
  external_number?: string
  internal_number?: string
  agent_email?: string
  group?: string
  talking_time?: number
  waiting_time?: number
  notes?: string[]
  tags?: string[]
  ended_at?: string
  deliver?: boolean
}

/** Lets a call end in the CloudTalk emulator, on the account's first number. */
export async function endCall(
  emulators: Emulators,
  call: CallInput = {},
): Promise<{ id: string; uuid: string }> {
  const { numbers } = await emulators.cloudtalk.state()
  const ended = await emulators.cloudtalk.control<{ id: string | number; uuid: string }>('POST', '/calls', {
    direction: 'incoming',
    outcome: 'answered',
    external_number: '+442071838750',
    internal_number: numbers?.[0]?.caller_id_e164,
    ...call,
  })
  return { id: String(ended.id), uuid: ended.uuid }
}

export interface MessageInput {
  channel?: 'sms' | 'whatsapp'
  direction?: 'incoming' | 'outgoing'
  text?: string
  external_number?: string
  internal_number?: string
  agent_email?: string
  media?: string[]
  status?: string
  at?: string
  deliver?: boolean
}

/** Sends or receives a message in the CloudTalk emulator. @returns what it is called in Kustomer. */
export async function sendMessage(emulators: Emulators, message: MessageInput = {}): Promise<string> {
  const { numbers } = await emulators.cloudtalk.state()
  const sent = await emulators.cloudtalk.control<{ id: string | number }>('POST', '/messages', {
    channel: 'sms',
    direction: 'incoming',
    text: 'Hello',
    external_number: '+442071838750',
    internal_number: numbers?.[0]?.caller_id_e164,
    ...message,
  })
  return `${message.channel === 'whatsapp' ? 'wa' : 'sms'}-${sent.id}`
}
