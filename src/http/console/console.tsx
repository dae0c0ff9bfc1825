import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import type { SignedIn } from '../auth/guard.ts'
import type { Configuring } from '../configuring.ts'
import type { Operations } from '../operations.ts'
import type { Watching } from '../watching.ts'
import { limitBody } from '../webhook-body.ts'
import { notDone } from './doing.ts'
import { events } from './events.ts'
import { PAGES, type ShownConnection } from './layout.tsx'
import { noSuchConnection, notConnected } from './not-connected.tsx'
import { activityPage } from './pages/activity.tsx'
import { apiPage } from './pages/api.tsx'
import { mappingPage } from './pages/mapping.tsx'
import { overviewPage } from './pages/overview.tsx'
import { peoplePage } from './pages/people.tsx'
import { recordsPage } from './pages/records.tsx'
import { reviewPage } from './pages/review.tsx'
import { runsPage } from './pages/runs.tsx'
import { setUpPage } from './pages/set-up.tsx'
import { settingsPage } from './pages/settings.tsx'
import { signOnPage } from './pages/sign-on.tsx'
import { tokensPage } from './pages/tokens.tsx'
import { tracePage } from './pages/trace.tsx'
import { unassociatedPage } from './pages/unassociated.tsx'
import { type SignInPorts, signInPages } from './sign-in.tsx'
import { type Told, takeTold } from './told.ts'

/** What the console shows of a connection, and does for it. */
export interface ConsoleConnection {
  id: string
  name: string
  /** The first part of its Kustomer address. */
  org: string
  /** Whether it is switched on. */
  active: boolean
  operations: Operations
  watching: Watching
}

export interface ConsolePorts extends SignInPorts {
  /** Those that run now. */
  connections(): readonly ConsoleConnection[]
  configuring: Configuring
  /** Where browsers reach it, where that is known. */
  publicUrl: string
  /** Where the vendors send webhooks. */
  servedAt(): string
  /** Ends when the service stops: streams end with it. */
  closing: AbortSignal
  now(): Date
}

/** Of every page: who looks, at which connection. */
export type ConsoleEnv = SignedIn & {
  Variables: {
    /** Only a page of `NO_CONNECTION_NEEDED` is shown without one. */
    connection: ConsoleConnection
    shown: ShownConnection
    told: Told | undefined
    ports: ConsolePorts
  }
}

/** Where connections are set up, and people. */
const NO_CONNECTION_NEEDED = /^\/(settings|people)(\/|$)/

/** What only somebody who is signed in gets; anything else is not there for anybody. */
const PATHS = ['/events', '/api', ...PAGES.map(({ path }) => (path === '/' ? path : `${path}/*`))]

const whoLooks =
  (ports: ConsolePorts): MiddlewareHandler<ConsoleEnv> =>
  async (c, next) => {
    const person = await ports.auth.personOf(c.req.raw.headers)
    // A live part that is loaded anew is no page that follows, and none that somebody can sign in on.
    const isPart = c.req.header('hx-request') !== undefined
    if (!person)
      return isPart ? c.body(null, 401, { 'hx-redirect': '/sign-in' }) : c.redirect('/sign-in', 303)
    const wanted = c.req.query('connection')
    const all = ports.connections()
    const connection = all.find(({ id }) => id === wanted) ?? all[0]
    c.set('person', person)
    c.set('shown', { id: connection?.id, all })
    if (connection) c.set('connection', connection)
    const follows = c.req.path !== '/events' && !isPart
    c.set('told', follows ? takeTold(c) : undefined)
    c.set('ports', ports)
    if (NO_CONNECTION_NEEDED.test(c.req.path)) return next()
    if (!connection) return notConnected(c)
    // A form is about the connection that its page was about, or about none.
    const meant = wanted === undefined ? all.length === 1 : wanted === connection.id
    if (c.req.method === 'POST' && !meant)
      return notDone(c, '/', 'The connection of this page does not run at present.')
    if (wanted !== undefined && !meant) return noSuchConnection(c, wanted)
    return next()
  }

/** The pages that people look at, one after the other in the menu's order. */
export function createConsole(ports: ConsolePorts): Hono {
  const pages = new Hono<ConsoleEnv>()
  for (const path of PATHS) pages.use(path, whoLooks(ports))
  pages
    .route('/', overviewPage)
    .route('/', activityPage)
    .route('/', recordsPage)
    .route('/', tracePage)
    .route('/', mappingPage)
    .route('/', runsPage)
    .route('/', reviewPage)
    .route('/', unassociatedPage)
    .route('/', settingsPage)
    .route('/', setUpPage)
    .route('/', peoplePage)
    .route('/', tokensPage)
    .route('/', signOnPage)
    .route('/', apiPage)
    .route('/', events)
  return new Hono()
    .use(strictly(ports.publicUrl))
    .use(limitBody)
    .use(csrf({ origin: (origin, c) => isOurs(origin, c, ports.publicUrl) }))
    .route('/', assets)
    .route('/', signInPages(ports))
    .route('/', pages)
}

const strictly = (publicUrl: string) =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    strictTransportSecurity: publicUrl.startsWith('https:') ? 'max-age=31536000' : false,
    referrerPolicy: 'same-origin',
  })

/** Behind a proxy the request names another scheme than the browser sees. */
const isOurs = (origin: string, c: Context, publicUrl: string): boolean =>
  origin === new URL(publicUrl).origin || URL.parse(origin)?.host === c.req.header('host')

const TYPES = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' } as const
const require = createRequire(import.meta.url)
const FILES: Record<string, { file: string | URL; type: string }> = {
  'console.css': { file: new URL('assets/console.css', import.meta.url), type: TYPES.css },
  'console.js': { file: new URL('assets/console.js', import.meta.url), type: TYPES.js },
  'icon.svg': { file: new URL('assets/icon.svg', import.meta.url), type: TYPES.svg },
  'htmx.js': { file: require.resolve('htmx.org/dist/htmx.min.js'), type: TYPES.js },
}

/** Read once, and asked for anew by browsers after a change only. */
const loaded = new Map(
  Object.entries(FILES).map(([name, { file, type }]) => [name, { body: readFileSync(file, 'utf8'), type }]),
)

const assets = new Hono().get('/assets/:name', (c) => {
  const asset = loaded.get(c.req.param('name'))
  if (!asset) return c.notFound()
  c.header('cache-control', 'public, max-age=300')
  return c.body(asset.body, 200, { 'content-type': `${asset.type}; charset=utf-8` })
})
