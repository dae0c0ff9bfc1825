import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Clock } from './clock.ts'
import { CONTROL_PREFIX, createControls } from './controls.ts'
import type { Faults } from './faults.ts'
import { createRequestLog } from './request-log.ts'
import type { Vendor } from './vendor.ts'
import type { WebhookSender } from './webhook-sender.ts'

/** A running emulator. */
export type Emulator = {
  /** `http://127.0.0.1:<port>`, without a path. */
  url: string
  port: number
  /** Resolves when no webhook is on its way any more. */
  webhooksIdle: () => Promise<void>
  /** Drops open connections and pending webhooks. */
  close: () => Promise<void>
}

/** The status the log shows when no answer left. */
const NO_ANSWER = 0

/** Resolves when the other side has gone, or the server closes. */
const gone = ({ outgoing }: HttpBindings): Promise<void> =>
  outgoing.destroyed ? Promise.resolve() : new Promise((resolve) => outgoing.once('close', () => resolve()))

/**
 * Puts a vendor behind an HTTP server on 127.0.0.1, with its request log, faults and controls.
 *
 * @param port 0 takes a free one.
 */
export const startEmulator = async ({
  vendor,
  port,
  clock,
  seed,
  faults,
  webhooks,
}: {
  vendor: Vendor
  port: number
  clock: Clock
  seed: number
  faults: Faults
  webhooks: WebhookSender
}): Promise<Emulator> => {
  const log = createRequestLog()
  const controls = createControls({ vendor, clock, seed, log, faults, webhooks })

  const answer = async (request: Request, bindings: HttpBindings, route: string, path: string) => {
    const fault = faults.strike(route)
    switch (fault?.kind) {
      case undefined:
        return vendor.fetch(request)
      case 'status':
        return vendor.failure(fault.status ?? 500, path)
      case 'slow':
        await sleep(fault.ms ?? 0)
        return vendor.fetch(request)
      case 'timeout':
        await gone(bindings)
        return undefined
      case 'reset':
        bindings.outgoing.destroy()
        return undefined
      case 'lostAnswer':
        await vendor.fetch(request)
        bindings.outgoing.destroy()
        return undefined
    }
  }

  const handle = async (request: Request, bindings: HttpBindings): Promise<Response> => {
    // The path is cut out by hand: `new URL` would rewrite what a client really sent.
    const target = bindings.incoming.url ?? '/'
    const path = target.split('?', 1)[0] ?? '/'
    if (path.startsWith(`${CONTROL_PREFIX}/`)) return controls(request, path)

    const startedAt = clock.now()
    const started = performance.now()
    const route = vendor.routeOf(request.method, path)
    log.begin(route)
    const response = await answer(request, bindings, route, path)
    log.add({
      at: new Date(startedAt).toISOString(),
      method: request.method,
      route,
      path: target,
      status: response?.status ?? NO_ANSWER,
      ms: Math.round(performance.now() - started),
    })
    return response ?? RESPONSE_ALREADY_SENT
  }

  const server = createAdaptorServer({
    fetch: (request, bindings) => handle(request, bindings as HttpBindings),
  }) as Server
  // Node's own five seconds end a connection at the moment in which a busy client takes it up again.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: listening } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    webhooksIdle: webhooks.idle,
    close: async () => {
      webhooks.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
