import { setTimeout as wait } from 'node:timers/promises'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { ConsoleEnv } from './console.tsx'

/** A page is no more than this late; one look is one row of an index. */
const LOOK_MS = 1_000
/** Proxies end connections that are silent. */
const SIGN_OF_LIFE_LOOKS = 20

/** Tells an open page that something has happened, so that it loads its live part anew. */
export const events = new Hono<ConsoleEnv>().get('/events', (c) => {
  const { watching } = c.var.connection
  const { closing } = c.var.ports
  return streamSSE(c, async (stream) => {
    let last = await watching.newest()
    for (let looks = 1; !stream.aborted && !closing.aborted; looks++) {
      await wait(LOOK_MS, undefined, { signal: closing }).catch(() => undefined)
      // The database may be away for a moment; the page is told when it is back.
      const newest = await watching.newest().catch(() => last)
      if (newest !== last) await stream.writeSSE({ event: 'changed', data: '' })
      else if (looks % SIGN_OF_LIFE_LOOKS === 0) await stream.writeSSE({ event: 'alive', data: '' })
      last = newest
    }
  })
})
