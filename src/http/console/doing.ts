import type { Context } from 'hono'
import { recordDeed } from '../../store/audit.ts'
import { refusalOf } from '../refusal.ts'
import type { ConsoleEnv } from './console.tsx'
import { tell } from './told.ts'

export interface Doing {
  /** The page that follows. */
  back: string
  /** For the audit: "retried", "call 1002". */
  deed: { did: string; subject: string }
  /** What the page that follows says where it went well. */
  done: string
  /** Answers a form that keeps what was typed; without it the page that follows says why nothing was done. */
  refuse?: (problem: string) => Response | Promise<Response>
}

/**
 * Does what a person asked for, notes it, and goes back to a page that says how it went. What was cut off in the middle
 * is noted too: a part of it may be done.
 */
export async function doing(
  c: Context<ConsoleEnv>,
  { back, deed, done, refuse = (problem) => notDone(c, back, problem) }: Doing,
  work: () => Promise<unknown>,
): Promise<Response> {
  try {
    await work()
  } catch (thrown) {
    const refusal = refusalOf(thrown)
    if (!refusal) throw thrown
    const { error, whatToDo, begun } = refusal
    if (begun) await note(c, { ...deed, subject: `${deed.subject} (not finished)` })
    return refuse(begun ? `${error} ${whatToDo}` : error)
  }
  await note(c, deed)
  tell(c, { tone: 'good', text: done })
  return c.redirect(back, 303)
}

/** Writes down who did it: names change, and two people may have one. */
export const note = (
  c: Context<ConsoleEnv>,
  deed: Doing['deed'] & { details?: unknown; connection?: string },
): Promise<void> =>
  recordDeed(c.var.ports.db, {
    connection: c.var.shown.id,
    who: `${c.var.person.name} (${c.var.person.email})`,
    ...deed,
  })

/** Goes back to a page that says why nothing was done. */
export function notDone(c: Context<ConsoleEnv>, back: string, problem: string): Response {
  tell(c, { tone: 'bad', text: problem })
  return c.redirect(back, 303)
}
