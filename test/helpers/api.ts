import { ADMIN, setUpAddress } from './console.ts'
import type { Stack } from './service.ts'

/** The console without a browser: an administrator's cookie, and forms that are sent with it. */
export interface AdminForms {
  cookie: string
  /** Sends a form. @returns the page that it answers with. */
  send(path: string, form: Record<string, string>): Promise<{ status: number; html: string }>
  page(path: string): Promise<string>
  /** Makes a token on the People page, and reads it from there. */
  makeToken(name: string, role: string, days?: number): Promise<string>
}

/** Makes the first administrator by the address that the log shows. */
export async function makeAdmin(stack: Stack): Promise<AdminForms> {
  const setUp = new URL(setUpAddress(stack))
  const form = { ...ADMIN, token: setUp.searchParams.get('token') ?? '' }
  return enter(stack.service.publicUrl(), '/set-up', form)
}

/** Signs in whom the environment of the service names. */
export const signInByForm = (base: string, email: string, password: string): Promise<AdminForms> =>
  enter(base, '/sign-in', { email, password })

async function enter(base: string, door: string, form: Record<string, string>): Promise<AdminForms> {
  const post = (path: string, form: Record<string, string>, cookie = '') =>
    fetch(`${base}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: base, cookie },
      body: new URLSearchParams(form),
    })
  const cookie = cookiesOf(await post(door, form))
  const send: AdminForms['send'] = async (path, form) => {
    const response = await post(path, form, cookie)
    return { status: response.status, html: await response.text() }
  }
  return {
    cookie,
    send,
    page: async (path) => (await fetch(`${base}${path}`, { headers: { cookie } })).text(),
    async makeToken(name, role, days) {
      const { html } = await send('/people/tokens', {
        name,
        role,
        days: days === undefined ? '' : String(days),
      })
      const found = /<code>(ctk_[^<]+)<\/code>/.exec(html)
      if (!found?.[1]) throw new Error('the page shows no token')
      return found[1]
    },
  }
}

/** What a browser would send back. */
export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

export interface ApiAnswer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  body: any
  headers: Headers
}

/** Asks the API with a token. */
export async function askApi(
  stack: { service: { publicUrl(): string } },
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ApiAnswer> {
  const response = await fetch(`${stack.service.publicUrl()}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json(), headers: response.headers }
}
