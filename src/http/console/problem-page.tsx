import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ConsoleEnv, ConsolePorts } from './console.tsx'
import { Page, Welcome } from './layout.tsx'

interface Words {
  title: string
  what: string
  whatToDo: string
}

const WORDS: Record<number, Words> = {
  400: {
    title: 'This address cannot be read',
    what: 'It has a character that no record has.',
    whatToDo: 'Look for the record again under Trace.',
  },
  403: {
    title: 'Nothing was done',
    what: 'This did not come from a page of this console, as the browser sends it.',
    whatToDo: 'Open the page again, and do it from there.',
  },
  404: {
    title: 'There is nothing here',
    what: 'No page has this address, or what it was about is gone.',
    whatToDo: 'Look for a record under Trace, and for all else in the menu.',
  },
  413: {
    title: 'Nothing was done',
    what: 'What was sent is larger than a form of this console can be.',
    whatToDo: 'Go back, and send less.',
  },
  429: {
    title: 'Too many requests',
    what: 'Your address has sent more requests than one person does.',
    whatToDo: 'Wait a minute, and load the page again.',
  },
}

const FAILED: Words = {
  title: 'This did not work',
  what: 'The service could not make this page.',
  whatToDo:
    'Load it again in a moment. If you sent a form, look first whether it has been done. If this stays so, the service’s log says why.',
}

/** Vendors and programs read JSON, wherever a browser is that asks. */
const FOR_PROGRAMS = /^\/(api|webhooks)\/|^\/(healthz|readyz|metrics)$/

/** Tells a browser as a page what everybody else is told as JSON. */
export const problemsAsPages =
  (ports: ConsolePorts): MiddlewareHandler<ConsoleEnv> =>
  async (c, next) => {
    await next()
    const isProblem = c.res.status >= 400 && c.res.headers.get('content-type')?.startsWith('application/json')
    const asksForPage = c.req.header('accept')?.includes('text/html') && !FOR_PROGRAMS.test(c.req.path)
    if (isProblem && asksForPage) c.res = await problemPage(c, ports)
  }

async function problemPage(c: Context<ConsoleEnv>, ports: ConsolePorts): Promise<Response> {
  const status = c.res.status as ContentfulStatusCode
  const { title, what, whatToDo } = WORDS[status] ?? FAILED
  // Whoever asks too much is not looked up, and what has failed may be the database.
  const person =
    status === 429 ? undefined : await ports.auth.personOf(c.req.raw.headers).catch(() => undefined)
  if (!person) {
    return c.html(
      <Welcome title={title}>
        <p>
          {what} {whatToDo}
        </p>
      </Welcome>,
      status,
    )
  }
  const all = ports.connections()
  const wanted = c.req.query('connection')
  c.set('person', person)
  c.set('shown', { id: (all.find(({ id }) => id === wanted) ?? all[0])?.id, all })
  c.set('ports', ports)
  return c.html(
    <Page title={title} path="" c={c}>
      <section aria-label="What happened">
        <p>
          {what} {whatToDo}
        </p>
      </section>
    </Page>,
    status,
  )
}
