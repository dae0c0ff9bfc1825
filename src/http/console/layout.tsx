import type { Context } from 'hono'
import { raw } from 'hono/html'
import type { Child, PropsWithChildren } from 'hono/jsx'
import { type Ability, may } from '../auth/roles.ts'
import { Notice, Time, Zone } from './components.tsx'
import type { ConsoleEnv } from './console.tsx'

/** The pages in the order of the menu; who may not open one does not see it. */
export const PAGES: { path: string; title: string; ability: Ability }[] = [
  { path: '/', title: 'Overview', ability: 'look' },
  { path: '/activity', title: 'Activity', ability: 'look' },
  { path: '/records', title: 'Records', ability: 'look' },
  { path: '/trace', title: 'Trace', ability: 'look' },
  { path: '/mapping', title: 'Mapping', ability: 'oversee' },
  { path: '/runs', title: 'Runs', ability: 'oversee' },
  { path: '/review', title: 'Review', ability: 'oversee' },
  { path: '/unassociated', title: 'Unassociated', ability: 'oversee' },
  { path: '/settings', title: 'Settings', ability: 'configure' },
  { path: '/people', title: 'People', ability: 'people' },
]

/** The one connection that a page is about, among all; undefined before the first one is set up. */
export interface ShownConnection {
  id: string | undefined
  all: readonly { id: string; name: string }[]
}

/** An address of the console that stays with the connection. */
export function link(
  connection: ShownConnection,
  path: string,
  query: Record<string, string | undefined> = {},
): string {
  const several = connection.all.length > 1 ? { connection: connection.id } : {}
  const given = Object.entries({ ...several, ...query }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  const search = new URLSearchParams(given as [string, string][]).toString()
  return search === '' ? path : `${path}?${search}`
}

interface DocumentProps {
  title: string
}

/** What somebody has opened stays open when a part is loaded anew, and an answer that does not come is no answer. */
const HTMX = JSON.stringify({
  includeIndicatorCSS: false,
  morphIgnore: ['data-htmx-powered', 'open'],
  defaultTimeout: 10_000,
})

/** What every page has: no script and no style stands in a page itself (strict CSP). */
export const Document = ({ title, children }: PropsWithChildren<DocumentProps>) => (
  <>
    {raw('<!doctype html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={HTMX} />
        <title>{title} · CloudTalk ⇄ Kustomer</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/console.css" />
        <script src="/assets/htmx.js" defer />
        <script src="/assets/console.js" defer />
      </head>
      <body>{children}</body>
    </html>
  </>
)

interface PageProps {
  title: string
  /** One sentence below the title: what this page is for. */
  lead?: Child
  path: string
  c: Context<ConsoleEnv>
  /** Its content is loaded anew whenever something happens, and now and then. */
  live?: boolean
}

export const Page = ({ title, lead, path, c, live, children }: PropsWithChildren<PageProps>) => {
  const { person, shown: connection, told, ports } = c.var
  return (
    <Document title={title}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={link(connection, '/')}>
          CloudTalk <span aria-hidden="true">⇄</span> Kustomer
        </a>
        <nav aria-label="Pages">
          <ul>
            {PAGES.filter(({ ability }) => may(person.role, ability)).map((page) => (
              <li>
                <a href={link(connection, page.path)} aria-current={page.path === path ? 'page' : undefined}>
                  {page.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="who">
          {connection.all.length > 1 && <ConnectionPicker connection={connection} path={path} />}
          <span>
            {person.name} <small>{person.role}</small>
          </span>
          <form method="post" action="/sign-out">
            <button type="submit" class="quiet">
              Sign out
            </button>
          </form>
        </div>
      </header>
      <main id="main" tabindex={-1}>
        <h1>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
        {told && <Notice tone={told.tone}>{told.text}</Notice>}
        {live ? (
          <>
            <div role="status">
              <p id="not-live" class="notice busy" hidden>
                This page is not live at the moment: it shows how things stood at <Time at={ports.now()} />.
                It goes on by itself once the service answers.
              </p>
            </div>
            <div
              id="live"
              data-live={link(connection, '/events')}
              hx-get=""
              hx-trigger="news"
              hx-select="#live"
              hx-swap="outerMorph"
            >
              {children}
            </div>
          </>
        ) : (
          children
        )}
      </main>
      <footer class="foot">
        <a href={link(connection, '/api')}>API</a>
        <span class="soft">
          Times are in <Zone />
        </span>
      </footer>
    </Document>
  )
}

export const ConnectionChoice = ({ shown }: { shown: ShownConnection }) => (
  <label>
    Connection{' '}
    <select name="connection">
      {shown.all.map(({ id, name }) => (
        <option value={id} selected={id === shown.id}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

const ConnectionPicker = ({ connection, path }: { connection: ShownConnection; path: string }) => (
  <form method="get" action={path} class="picker">
    <ConnectionChoice shown={connection} />
    <button type="submit" class="quiet">
      Show
    </button>
  </form>
)

/** A page for somebody who is not signed in. */
export const Welcome = ({ title, children }: PropsWithChildren<{ title: string }>) => (
  <Document title={title}>
    <main id="main" class="welcome">
      <p class="brand">
        CloudTalk <span aria-hidden="true">⇄</span> Kustomer
      </p>
      <h1>{title}</h1>
      {children}
    </main>
  </Document>
)
