import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'

/** How the last thing that a person did went: said once, on the page that follows. */
const LONGEST = 500
const told = z.object({ tone: z.enum(['good', 'bad']), text: z.string().max(LONGEST) })
export type Told = z.output<typeof told>

/** In a cookie and not in the address, where a link of somebody else's could put words into the console's mouth. */
const COOKIE = 'told'
const OPTIONS = { path: '/', httpOnly: true, sameSite: 'Strict' } as const

export const tell = (c: Context, { tone, text }: Told): void =>
  setCookie(c, COOKIE, JSON.stringify({ tone, text: text.slice(0, LONGEST) }), { ...OPTIONS, maxAge: 60 })

export function takeTold(c: Context): Told | undefined {
  const cookie = getCookie(c, COOKIE)
  if (cookie === undefined) return undefined
  deleteCookie(c, COOKIE, OPTIONS)
  try {
    return told.parse(JSON.parse(cookie))
  } catch {
    return undefined
  }
}
