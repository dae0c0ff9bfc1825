import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import { api } from './api/api.ts'
import { createCallers } from './api/caller.ts'
import { type ConsolePorts, createConsole } from './console/console.tsx'
import type { Doors } from './doors.ts'
import { limitAddress } from './limit-address.ts'
import { problem } from './problem.ts'
import { limitBody } from './webhook-body.ts'
import { cloudtalkWebhooks } from './webhooks-cloudtalk.ts'
import { kustomerWebhooks } from './webhooks-kustomer.ts'

export interface HttpPorts {
  doors: Doors
  /** By which commands on this machine ask this service. */
  token: string
  /** Rejects while the service cannot take events. */
  ready(): Promise<void>
  now(): Date
  log: Logger
  console: ConsolePorts
}

export function createHttp(ports: HttpPorts): Hono {
  const app = new Hono().use(limitAddress())
  app.get('/healthz', (c) => c.json({ alive: true }))
  app.get('/readyz', async (c) => {
    try {
      await ports.ready()
      return c.json({ ready: true })
    } catch {
      return c.json({ ready: false }, 503)
    }
  })
  app.route('/webhooks/kustomer', kustomerWebhooks(ports.doors))
  app.route('/webhooks/cloudtalk', cloudtalkWebhooks(ports.doors, ports.now))
  app.use('/api/*', limitBody)
  const callerOf = createCallers(ports.console.db, ports.token)
  app.route('/api/v1', api({ ...ports.console, callerOf }))
  app.route('/', createConsole(ports.console))
  app.notFound((c) =>
    problem(c, 404, 'There is nothing at this address.', 'See the README for the addresses.'),
  )
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      return problem(
        c,
        error.status,
        'This request is refused.',
        'Open the page again, and do it from there.',
      )
    }
    ports.log.error({ err: error, path: c.req.routePath }, 'a request failed')
    return problem(c, 500, 'The service could not take this request.', 'Send it again in a moment.')
  })
  return app
}

/** Listens on all interfaces; port 0 takes a free one. @throws when the port is taken. */
export function listen(app: Hono, port: number): Promise<{ server: ServerType; port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port }, (address) => resolve({ server, port: address.port }))
    server.once('error', reject)
  })
}
