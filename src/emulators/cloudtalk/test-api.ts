import { createCloudTalkEmulator } from './emulator.ts'

const AUTHORIZATION = `Basic ${Buffer.from('CLOUDTALK:emulator').toString('base64')}`

/** What is at `data.0.Contact.id` of a parsed answer. */
export const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    )

/** An emulator over real HTTP, and the few words that conformance tests need. */
export const startTestApi = async (options: Parameters<typeof createCloudTalkEmulator>[0] = {}) => {
  const emulator = await createCloudTalkEmulator(options)

  const request = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(emulator.url + path, {
      method,
      headers: { authorization: AUTHORIZATION, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const parsed: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text
    return { status: answer.status, headers: answer.headers, body: parsed, text }
  }

  return {
    emulator,
    close: emulator.close,
    /** Any path as it is. */
    request,
    /** Main host. */
    api: (method: string, path: string, body?: unknown) => request(method, `/api${path}`, body),
    /** Main host; only what is inside `responseData`. */
    data: async (method: string, path: string, body?: unknown) =>
      at((await request(method, `/api${path}`, body)).body, 'responseData'),
    control: (method: string, path: string, body?: unknown) => request(method, `/__emulator${path}`, body),
    switches: (switches: object) => request('PUT', '/__emulator/switches', switches),
    state: async (path: string) => at((await request('GET', '/__emulator/state')).body, path),
    addContact: async (contact: object): Promise<string> => {
      const { body } = await request('PUT', '/api/contacts/add.json', contact)
      return String(at(body, 'responseData.data.id'))
    },
  }
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>
