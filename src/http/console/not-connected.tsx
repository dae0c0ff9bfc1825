import type { Context } from 'hono'
import { may } from '../auth/roles.ts'
import { Empty } from './components.tsx'
import type { ConsoleEnv } from './console.tsx'
import { Page } from './layout.tsx'
import { SET_UP } from './settings-link.ts'

/** Before the first connection is set up there is nothing to look at. */
export const notConnected = (c: Context<ConsoleEnv>): Response | Promise<Response> => {
  if (may(c.var.person.role, 'configure')) return c.redirect(SET_UP, 303)
  return c.html(
    <Page title="Not connected yet" path={c.req.path} c={c}>
      <section aria-label="What is missing">
        <Empty>
          Nothing is synced yet: an administrator has not connected CloudTalk and Kustomer. Once that is done,
          this page shows how it goes.
        </Empty>
      </section>
    </Page>,
  )
}

/** Another one's records are no answer to a question about this one. */
export const noSuchConnection = (c: Context<ConsoleEnv>, id: string): Response | Promise<Response> =>
  c.html(
    <Page title="There is no such connection" path="" c={c}>
      <section aria-label="What is missing">
        <p>
          No connection with the id “{id}” runs here. Choose one in the menu; an administrator sees under
          Settings which there are, and what each lacks.
        </p>
      </section>
    </Page>,
    404,
  )
