import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A recorded shape from `test/payloads/kustomer/`. */
export const payload = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/payloads/kustomer/${name}.json`, import.meta.url), 'utf8'))

type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: unknown }

/** What the server does next. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; body?: unknown; raw?: string }
  | 'reset'
  | 'silence'

/** Answers by script, for tests of the client alone. */
export const startTestServer = async () => {
  const seen: Seen[] = []
  const answers: Answer[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) })
    const answer = answers.shift() ?? { status: 500 }
    if (answer === 'silence') return
    if (answer === 'reset') return void response.destroy()
    const { status = 200, headers: more = {}, body, raw } = answer
    response.writeHead(status, { 'content-type': 'application/json', ...more })
    response.end(raw ?? (body === undefined ? '' : JSON.stringify(body)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    next: (...scripted: Answer[]) => answers.push(...scripted),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
