import { problem } from '../problem.ts'
import { refusalOf } from '../refusal.ts'
import type { Asked } from './route.ts'

/**
 * What a person asked for, or why it cannot be done.
 * @param deed is written down where it was cut off; what was done writes itself down.
 */
export async function decided<T>(
  { c, note }: Asked,
  deed: { did: string; subject: string },
  decide: () => Promise<T>,
): Promise<T | Response> {
  try {
    return await decide()
  } catch (thrown) {
    const refusal = refusalOf(thrown)
    if (!refusal) throw thrown
    const { status, error, whatToDo, begun } = refusal
    if (begun) await note(deed.did, `${deed.subject} (not finished)`)
    return problem(c, status, error, whatToDo)
  }
}
