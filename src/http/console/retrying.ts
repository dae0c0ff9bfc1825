import type { Context } from 'hono'
import type { FailureFilter } from '../../store/failures.ts'
import { count } from './components.tsx'
import type { ConsoleEnv } from './console.tsx'
import { notDone, note } from './doing.ts'
import { tell } from './told.ts'

/** Has what fails tried again, notes it, and goes back to a page that says how many. */
export async function retrying(
  c: Context<ConsoleEnv>,
  back: string,
  filter: FailureFilter,
): Promise<Response> {
  const retried = await c.var.connection.operations.retry(filter)
  if (retried === 0) return notDone(c, back, 'Nothing of this fails any more.')
  const { id, kind, reason } = filter
  const which = [kind, id, reason && `with the reason ${reason}`].filter(Boolean).join(' ')
  await note(c, { did: 'retried', subject: which || 'all that had failed' })
  const text = retried === 1 ? '1 record is tried again.' : `${count(retried)} records are tried again.`
  tell(c, { tone: 'good', text })
  return c.redirect(back, 303)
}
