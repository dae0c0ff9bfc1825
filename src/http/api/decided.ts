import type { Context } from 'hono'
import { Undecidable } from '../../sync/contacts/decide.ts'
import { Busy } from '../../sync/locks.ts'
import { RunRefused } from '../../sync/runs/run.ts'
import { Unassociable } from '../../sync/timeline/associate.ts'
import { problem } from '../problem.ts'

/** What a person asked for, or why it cannot be done. */
export async function decided<T>(c: Context, decide: () => Promise<T>): Promise<T | Response> {
  try {
    return await decide()
  } catch (error) {
    if (error instanceof Undecidable) return problem(c, 409, error.message, 'Load the review again.')
    if (error instanceof Unassociable) return problem(c, 409, error.message, 'Load the list again.')
    if (error instanceof RunRefused) return problem(c, 409, error.message, 'Look at the run.')
    if (error instanceof Busy) return problem(c, 409, 'It is being synced at this moment.', 'Try again.')
    throw error
  }
}
