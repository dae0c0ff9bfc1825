import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCloudTalk } from './index.ts'
import type { Answer } from './transport.ts'

/** What the client sent, for tests to look at. */
type Sent = { method: string; url: string; headers: IncomingMessage['headers']; body: unknown }

type Reply = { status?: number; json?: unknown; raw?: string | Uint8Array; headers?: Record<string, string> }
type Respond = Reply | ((sent: Sent, response: ServerResponse) => Reply | undefined)

/** A recorded shape of the contract, from test/payloads/cloudtalk/. */
export const payload = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/payloads/cloudtalk/${name}.json`, import.meta.url), 'utf8'))

/** A server for tests that gives one prepared answer to everything, with a client pointed at it. */
export async function startLocalServer() {
  let respond: Respond = { json: {} }
  const sent: Sent[] = []
  const answers: Answer[] = []

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      const seen: Sent = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: raw === '' ? undefined : JSON.parse(raw),
      }
      sent.push(seen)
      const reply = typeof respond === 'function' ? respond(seen, response) : respond
      if (!reply) return
      const headers = { 'content-type': 'application/json; charset=UTF-8', ...reply.headers }
      response.writeHead(reply.status ?? 200, headers)
      response.end(reply.raw ?? JSON.stringify(reply.json))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    sent,
    answers,
    client: createCloudTalk({
      accessKeyId: 'KEY-ID',
      accessKeySecret: 'KEY-SECRET',
      apiUrl: `${url}/api`,
      analyticsUrl: `${url}/analytics/api`,
      aiUrl: `${url}/ai/v1`,
      userAgent: 'test-agent',
      // The first request of a file may be slow while other test files start.
      timeoutMs: 1_000,
      onAnswer: (answer) => answers.push(answer),
    }),
    /** Sets the answer and forgets what was sent before. */
    answer(next: Respond) {
      respond = next
      sent.length = 0
      answers.length = 0
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type LocalServer = Awaited<ReturnType<typeof startLocalServer>>
