import type { Context, MiddlewareHandler } from 'hono'
import type { PropsWithChildren } from 'hono/jsx'
import { z } from 'zod'
import type { ConsoleEnv } from './console.tsx'
import { Page } from './layout.tsx'

/**
 * What is not simply taken back is asked about once. The button carries the question, which names what it is about. The
 * script asks it in a dialog and sends the answer along; without it, the form comes here first and is sent again.
 */
const QUESTION = 'asks'
const ANSWER = 'confirmed'
/** What comes with a form that asks, for schemas that take nothing else. */
export const asked = { [QUESTION]: z.string().optional(), [ANSWER]: z.string().optional() }

interface AskingButtonProps {
  /** A sentence for what is done to what, and what that means. */
  asks: string
  class?: string | undefined
  /** Where the form goes by this button, if not where it goes by others. */
  formaction?: string
  'aria-label'?: string
}

export const AskingButton = ({ asks, children, ...rest }: PropsWithChildren<AskingButtonProps>) => (
  <button type="submit" name={QUESTION} value={asks} {...rest}>
    {children}
  </button>
)

const pathOf = (address: string): string => address.replace(/\?.*/, '')

/** Shows the question of a form that was sent without its answer. @param back where nothing is done. */
export const asksFirst =
  (back: (c: Context<ConsoleEnv>) => string): MiddlewareHandler<ConsoleEnv> =>
  async (c, next) => {
    if (c.req.method !== 'POST') return next()
    const { [QUESTION]: question, ...given } = await c.req.parseBody()
    if (typeof question !== 'string' || ANSWER in given) return next()
    return c.html(
      <Page title="Is this meant?" lead="Nothing has been done yet." path={pathOf(back(c))} c={c}>
        <section aria-label="What will happen">
          <p>{question}</p>
          <form method="post" action={c.req.path + new URL(c.req.url).search} class="actions">
            {Object.entries(given).map(
              ([name, value]) =>
                typeof value === 'string' && <input type="hidden" name={name} value={value} />,
            )}
            <button type="submit" name={ANSWER} value="yes">
              Yes, do it
            </button>
            <a class="button quiet" href={back(c)}>
              Leave it as it is
            </a>
          </form>
        </section>
      </Page>,
    )
  }
