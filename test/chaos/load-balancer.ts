import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands before the web processes, as in any deployment with several: one public address. */
export interface LoadBalancer {
  url: string
  /** Takes a process into the round, or out of it. */
  add(url: string): void
  remove(url: string): void
  /** Webhooks that were answered 2xx, those that were not, and those that came while nobody was there. */
  counts(): { taken: number; refused: number; nobody: number }
  close(): Promise<void>
}

/** A webhook as it came, told at its arrival and again once its answer is known. */
export interface Telling {
  trigger: string | undefined
  body: Record<string, unknown>
}

export interface Witness {
  /** It has reached this address; what became of it is not known yet. */
  arrived(telling: Telling): void
  /** The service has answered 2xx: from here on it is the service's to keep. */
  taken(telling: Telling): void
}

/** @param witness is told of every webhook; the service knows nothing of it. */
export async function startLoadBalancer(witness: Witness): Promise<LoadBalancer> {
  const backends: string[] = []
  const counts = { taken: 0, refused: 0, nobody: 0 }
  let turn = 0

  /** Tries each once: nobody has taken what nobody could connect to. */
  const forward = async (request: IncomingMessage, body: Buffer): Promise<Response | undefined> => {
    for (let tries = backends.length; tries > 0; tries--) {
      const backend = backends[turn++ % backends.length]
      if (backend === undefined) return undefined
      try {
        return await fetch(`${backend}${request.url}`, {
          method: request.method ?? 'GET',
          headers: passedOn(request.headers),
          body: body.length > 0 ? new Uint8Array(body) : null,
          redirect: 'manual',
        })
      } catch (error) {
        if (!isRefusedConnection(error)) return undefined
      }
    }
    counts.nobody++
    return undefined
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const telling = tellingOf(request.headers, body)
    witness.arrived(telling)
    const answer = await forward(request, body)
    const content = await answer?.text().catch(() => '')
    if (answer?.ok) {
      counts.taken++
      witness.taken(telling)
    } else {
      counts.refused++
    }
    const cookies = answer?.headers.getSetCookie() ?? []
    response.writeHead(answer?.status ?? 502, { 'set-cookie': cookies }).end(content)
  }

  const server = createServer((request, response) => {
    // Who has hung up needs no answer.
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (url) => {
      backends.push(url)
    },
    remove: (url) => {
      const at = backends.indexOf(url)
      if (at >= 0) backends.splice(at, 1)
    },
    counts: () => ({ ...counts }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Those of the connection are not passed on. */
const passedOn = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' &&
        !['connection', 'host', 'content-length', 'transfer-encoding', 'keep-alive'].includes(entry[0]),
    ),
  )

const isRefusedConnection = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ECONNREFUSED'

function tellingOf(headers: IncomingHttpHeaders, body: Buffer): Telling {
  const trigger = headers['x-cloudtalk-trigger']
  let json: unknown
  try {
    json = JSON.parse(body.toString())
  } catch {
    json = undefined
  }
  return {
    trigger: typeof trigger === 'string' ? trigger : undefined,
    body: typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {},
  }
}
