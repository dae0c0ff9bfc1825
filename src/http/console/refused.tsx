import type { Context } from 'hono'
import { Notice } from './components.tsx'
import type { ConsoleEnv } from './console.tsx'
import { Page } from './layout.tsx'

/** A page of its own for somebody whose role does not allow what was asked. */
export const refused = (c: Context<ConsoleEnv>): Response | Promise<Response> =>
  c.html(
    <Page title="Not for your role" path="" c={c}>
      <Notice tone="bad">
        <p>
          Your role, {c.var.person.role}, does not allow this. An administrator can change it under People.
        </p>
      </Notice>
    </Page>,
    403,
  )
