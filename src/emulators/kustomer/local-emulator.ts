import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKustomerEmulator, type KustomerEmulatorOptions } from './index.ts'

type Json = Record<string, unknown>

/** A record as the API shows it. */
export type Shown = {
  type: string
  id: string
  attributes: Json & { rev: number }
  relationships: Record<string, { data?: { type: string; id: string } }>
}

export type Reply = { status: number; headers: Headers; body: Json }

/** An emulator for tests, with a clock that only moves when told. */
export async function startLocalEmulator(options: Partial<KustomerEmulatorOptions> = {}) {
  let now = Date.UTC(2026, 5, 1, 12, 0, 0)
  const emulator = await createKustomerEmulator({ port: 0, now: () => now, ...options })

  const send = async (method: string, path: string, body?: unknown, token = 'emulator'): Promise<Reply> => {
    const answer = await fetch(emulator.url + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
  }

  return {
    emulator,
    /** A request to the API; `path` without /v1. */
    api: (method: string, path: string, body?: unknown, token?: string) =>
      send(method, `/v1${path}`, body, token),
    send,
    control: (method: string, path: string, body?: unknown) => send(method, `/__emulator${path}`, body),
    /** Sends a write that must go well, and hands back the record. */
    async written(method: string, path: string, body: unknown, token?: string): Promise<Shown> {
      const reply = await send(method, `/v1${path}`, body, token)
      if (reply.status !== 200 && reply.status !== 201) throw new Error(JSON.stringify(reply.body))
      return reply.body.data as Shown
    },
    advance(ms: number) {
      now += ms
    },
    close: () => emulator.close(),
  }
}

export type LocalEmulator = Awaited<ReturnType<typeof startLocalEmulator>>

/** The first complaint of a refusal. */
export const problem = (reply: Reply): Json & { source?: Json } => (reply.body.errors as Json[])[0] ?? {}

export const ids = (reply: Reply): string[] => (reply.body.data as Shown[]).map(({ id }) => id)

type Received = { at: number; headers: IncomingHttpHeaders; raw: string; json: Json }

/** The status of a receiver that takes a delivery and never answers. */
export const SILENT = 0

/** A webhook receiver on this machine that answers whatever status it is set to. */
export async function startReceiver() {
  const received: Received[] = []
  let status: number = 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      received.push({ at: performance.now(), headers: request.headers, raw, json: JSON.parse(raw) })
      if (status !== SILENT) response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerWith(next: number) {
      status = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
