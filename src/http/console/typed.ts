import type { Context } from 'hono'

/** What was typed into a form: shown again where it does not fit. */
export async function typed(c: Context): Promise<Record<string, string>> {
  const form = Object.entries(await c.req.parseBody())
  return Object.fromEntries(form.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** A form that does not fit: why, and what was typed. */
export interface Misfit {
  problem: string
  given: Record<string, string>
}
