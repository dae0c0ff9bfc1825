import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { recordDeed } from '../../store/audit.ts'
import type { Db } from '../../store/database.ts'
import type { Caller } from '../auth/api-token.ts'
import type { Auth } from '../auth/auth.ts'
import { may } from '../auth/roles.ts'
import type { SignOn } from '../auth/sign-on.ts'
import type { Configuring } from '../configuring.ts'
import type { ConsoleConnection } from '../console/console.tsx'
import { peopleDesk } from '../people.ts'
import { problem } from '../problem.ts'
import { createProving, type Proving } from '../proving.ts'
import { parseJson } from '../webhook-body.ts'
import type { FindCaller } from './caller.ts'
import { documentOf, mayInWords } from './document.ts'
import type { Parameters, Route } from './route.ts'
import { routes } from './routes.ts'

export interface ApiPorts {
  db: Db
  auth: Auth
  /** Those that run now. */
  connections(): readonly ConsoleConnection[]
  configuring: Configuring
  signOn: SignOn
  /** Where people reach the console. */
  publicUrl: string
  callerOf: FindCaller
  now(): Date
}

/** What the console does, for programs: each request has a token, and may do what the token's role allows. */
export function api(ports: ApiPorts): Hono<{ Variables: { caller: Caller } }> {
  const proving = createProving()
  const app = new Hono<{ Variables: { caller: Caller } }>()
    // It tells no more than the source does.
    .get('/openapi.json', (c) => c.json(documentOf(routes)))
    .use(async (c, next) => {
      const caller = await ports.callerOf(c)
      if (caller instanceof Response) return caller
      c.set('caller', caller)
      return next()
    })
  for (const one of routes) {
    app.on(one.method.toUpperCase(), one.path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) =>
      answer(ports, proving, one, c, c.var.caller),
    )
  }
  return app
}

async function answer(
  ports: ApiPorts,
  proving: Proving,
  one: Route,
  c: Context,
  caller: Caller,
): Promise<Response> {
  if (!may(caller.role, one.ability)) {
    return problem(
      c,
      403,
      `The role ${caller.role} of this token does not allow this.`,
      `Use a token of the role ${mayInWords(one.ability)}.`,
    )
  }
  const { connection: wanted, ...query } = c.req.query()
  const connections = ports.connections()
  const connection = wanted === undefined ? connections[0] : connections.find(({ id }) => id === wanted)
  if (one.ofConnection && !connection) {
    return problem(c, 400, 'There is no such connection.', 'GET /api/v1/connections lists them.')
  }
  const body = one.body && (await jsonOf(c))
  if (one.body && body === undefined) {
    return problem(c, 400, 'The body is not JSON.', 'The page /api of the console says what to send.')
  }
  const given = z
    .object({ params: one.params ?? anything, query: one.query ?? nothing, body: one.body ?? anything })
    .safeParse({ params: c.req.param(), query, body })
  if (!given.success) {
    return problem(c, 400, z.prettifyError(given.error), 'The page /api of the console says what to send.')
  }
  const { db, auth, configuring, publicUrl, signOn, now } = ports
  const result = await one.handle(
    {
      c,
      caller,
      get connection() {
        if (!connection) throw new Error(`${one.path} is of no connection`)
        return connection
      },
      connections,
      configuring,
      db,
      desk: peopleDesk(db, auth, publicUrl),
      proving,
      signOn,
      now,
      note: (did, subject, of = one.ofConnection ? connection?.id : undefined) =>
        recordDeed(db, {
          connection: of,
          who: caller.name,
          did,
          subject,
        }),
    },
    given.data,
  )
  return result instanceof Response ? result : c.json(result, one.status)
}

const anything = z.unknown()
/** A query that is misspelt would otherwise be one for everything. */
const nothing: Parameters = z.strictObject({})

/** The JSON of a body; an empty one is empty JSON, and what is none is undefined. */
async function jsonOf(c: Context): Promise<unknown> {
  const raw = new Uint8Array(await c.req.arrayBuffer())
  return raw.length === 0 ? {} : parseJson(raw)?.value
}
