import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** The one shape of an error answer: what happened, and what to do. */
export function problem(c: Context, status: ContentfulStatusCode, error: string, whatToDo: string): Response {
  return c.json({ error, whatToDo }, status)
}
