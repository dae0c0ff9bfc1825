import { createCloudTalkEmulator } from '../../src/emulators/cloudtalk/index.ts'
import { createKustomerEmulator } from '../../src/emulators/kustomer/index.ts'
import type { World } from '../../src/emulators/world/world.ts'

export interface WorldSize {
  customers?: number
  contacts?: number
  calls?: number
  seed?: number
  world?: World
  /** Milliseconds of a limit minute. */
  minuteMs?: number
  /** The vendors' clock, epoch ms. */
  now?: () => number
}

/** Both vendors, spoken to through HTTP alone. */
export interface Emulators {
  cloudtalk: Vendor
  kustomer: Vendor
  /** The environment of a service that works with them. */
  env: Record<string, string>
  close(): Promise<void>
}

export interface Vendor {
  url: string
  /** The vendor's own API, with a valid credential. @throws on any status that is not 2xx. */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  control<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the emulator holds, field by field
  state(): Promise<Record<string, any[]>>
  requests(): Promise<{
    total: number
    byRoute: Record<string, number>
    byStatus: Record<string, number>
    /** By route; in no other count yet. */
    underWay: Record<string, number>
    /** The last ones that are over. */
    log: { route: string; ms: number }[]
  }>
  webhooksIdle(): Promise<void>
}

export async function startEmulators(size: WorldSize = {}): Promise<Emulators> {
  const options = { port: 0, customers: 0, contacts: 0, calls: 0, seed: 1, minuteMs: 1_000, ...size }
  const cloudtalk = await createCloudTalkEmulator(options)
  const kustomer = await createKustomerEmulator(options)
  const basic = `Basic ${Buffer.from('CLOUDTALK:emulator').toString('base64')}`
  return {
    cloudtalk: { ...vendor(cloudtalk.url, '/api', basic), webhooksIdle: cloudtalk.webhooksIdle },
    kustomer: { ...vendor(kustomer.url, '/v1', 'Bearer emulator'), webhooksIdle: kustomer.webhooksIdle },
    env: {
      CLOUDTALK_ACCESS_KEY_ID: 'CLOUDTALK',
      CLOUDTALK_ACCESS_KEY_SECRET: 'emulator',
      CLOUDTALK_API_URL: `${cloudtalk.url}/api`,
      CLOUDTALK_ANALYTICS_URL: `${cloudtalk.url}/analytics/api`,
      CLOUDTALK_AI_URL: `${cloudtalk.url}/ai/v1`,
      KUSTOMER_ORG: 'acme',
      KUSTOMER_API_KEY: 'emulator',
      KUSTOMER_API_URL: kustomer.url,
    },
    async close() {
      await Promise.all([cloudtalk.close(), kustomer.close()])
    },
  }
}

function vendor(url: string, api: string, authorization: string): Omit<Vendor, 'webhooksIdle'> {
  const ask = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', 'user-agent': 'tests' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    url,
    api: (method, path, body) => ask(method, `${api}${path}`, body),
    control: (method, path, body) => ask(method, `/__emulator${path}`, body),
    state: () => ask('GET', '/__emulator/state', undefined),
    requests: () => ask('GET', '/__emulator/requests', undefined),
  }
}
