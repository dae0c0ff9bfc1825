import { APIError } from 'better-auth/api'
import type { Context } from 'hono'
import type { Auth } from '../auth/auth.ts'

/** Passes on the cookies of an answer of the library. */
function takeCookies(c: Context, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) c.header('set-cookie', cookie, { append: true })
}

/** @returns whether the password is theirs; the answer then carries the session's cookie. */
export async function signIn(c: Context, auth: Auth, email: string, password: string): Promise<boolean> {
  try {
    const { headers } = await auth.api.signInEmail({
      body: { email, password },
      headers: c.req.raw.headers,
      returnHeaders: true,
    })
    takeCookies(c, headers)
    return true
  } catch (error) {
    if (error instanceof APIError) return false
    throw error
  }
}

/** Begins a session of somebody who has proved elsewhere who they are. */
export async function signInAs(c: Context, auth: Auth, personId: string): Promise<void> {
  const { headers } = await auth.api.signInAs({
    body: { personId },
    headers: c.req.raw.headers,
    returnHeaders: true,
  })
  takeCookies(c, headers)
}

export async function signOut(c: Context, auth: Auth): Promise<void> {
  const { headers } = await auth.api.signOut({ headers: c.req.raw.headers, returnHeaders: true })
  takeCookies(c, headers)
}
