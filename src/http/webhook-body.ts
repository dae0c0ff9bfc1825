import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { storable } from '../store/json.ts'
import { problem } from './problem.ts'

/** Kustomer's largest resource is far below this; CloudTalk's flat bodies are below 1 KB. */
const MAX_BYTES = 1_048_576

export const limitBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BYTES,
  onError: (c) => {
    // The rest of the body is not read, so the connection cannot carry another request.
    const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>
    if (outgoing) outgoing.shouldKeepAlive = false
    return problem(c, 413, `The body is larger than ${MAX_BYTES} bytes.`, 'Send one event per request.')
  },
})

/** @returns the JSON value, without the characters that no database takes; undefined if it is none. */
export function parseJson(raw: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: storable<unknown>(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))) }
  } catch {
    return undefined
  }
}
