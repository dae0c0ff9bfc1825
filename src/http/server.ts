import { type ServerType, serve } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import { api } from './api/api.ts'
import { createCallers, type FindCaller } from './api/caller.ts'
import { type ConsolePorts, createConsole } from './console/console.tsx'
import { problemsAsPages } from './console/problem-page.tsx'
import type { Doors } from './doors.ts'
import { isLocal, limitAddress } from './limit-address.ts'
import { problem } from './problem.ts'
import { limitBody } from './webhook-body.ts'
import { cloudtalkWebhooks } from './webhooks-cloudtalk.ts'
import { kustomerWebhooks } from './webhooks-kustomer.ts'

/** What a process tells of itself, whatever else it does. */
export interface ProbePorts {
  db: Db
  /** Rejects while the service cannot take events. */
  ready(): Promise<void>
  metrics: { contentType: string; text(): Promise<string> }
  /** By which commands on this machine ask this service. */
  token: string
  log: Logger
}

export interface HttpPorts extends ProbePorts {
  doors: Doors
  now(): Date
  console: ConsolePorts
}

export function createHttp(ports: HttpPorts): Hono {
  const callerOf = createCallers(ports.db, ports.token)
  const app = new Hono()
  app.use(problemsAsPages(ports.console))
  begun(app, ports, callerOf)
  app.use(refuseNul)
  app.route('/webhooks/kustomer', kustomerWebhooks(ports.doors))
  app.route('/webhooks/cloudtalk', cloudtalkWebhooks(ports.doors, ports.now))
  app.use('/api/*', limitBody)
  app.route('/api/v1', api({ ...ports.console, callerOf }))
  app.route('/', createConsole(ports.console))
  return app
}

/** PostgreSQL takes no text with that character, so nothing has such an address. */
const refuseNul: MiddlewareHandler = async (c, next) =>
  /%00/.test(c.req.url) ? problem(c, 400, 'The address has a NUL character.', 'Leave it out.') : next()

/** For a process that takes nothing in: whether it is well, and what it has counted. */
export const createProbes = (ports: ProbePorts): Hono =>
  begun(new Hono(), ports, createCallers(ports.db, ports.token))

/** What every process answers. */
function begun(app: Hono, { ready, metrics, log }: ProbePorts, callerOf: FindCaller): Hono {
  app.use(limitAddress())
  app.get('/healthz', (c) => c.json({ alive: true }))
  app.get('/readyz', async (c) => {
    try {
      await ready()
      return c.json({ ready: true })
    } catch {
      return c.json({ ready: false }, 503)
    }
  })
  app.get('/metrics', async (c) => {
    const caller = isLocal(c) ? undefined : await callerOf(c)
    if (caller instanceof Response) return caller
    return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType })
  })
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
    log.error({ err: error, path: c.req.routePath }, 'a request failed')
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
