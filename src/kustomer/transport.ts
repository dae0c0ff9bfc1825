import { KustomerError, type UnreachableCause } from './errors.ts'
import { failureOf, resetAtOf } from './failed-answer.ts'

/** One answer, for whoever keeps a budget. */
export type KustomerAnswer = {
  /** `METHOD /pattern`, without `/v1`. */
  route: string
  status: number
  /** `x-ratelimit-limit` and `x-ratelimit-remaining`, which come on every answer (§1.4). */
  limit?: number
  remaining?: number
  /** Epoch milliseconds. */
  resetAt?: number
  /** Until the whole answer was there. */
  ms: number
  /** Searches have a limit of their own: 100 a minute for API keys (§1.4). */
  kind: 'search' | 'other'
}

export type KustomerOptions = {
  /** With or without `/v1`: `https://acme.api.kustomerapp.com`. */
  apiUrl: string
  apiKey: string
  /** Who we are, for Kustomer's logs. */
  userAgent: string
  /** How long one request may take, its answer read to the end. @default 15_000 */
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
  /** Awaited before each request that changes something; where it rejects, nothing is sent. */
  beforeWrite?: () => Promise<void>
  onAnswer?: (answer: KustomerAnswer) => void
}

export type KustomerRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The path with its parameters named, such as `/customers/:id`: for messages and budgets. */
  route: string
  /** The path as sent, without `/v1`. */
  path: string
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  kind?: 'search' | 'other'
}

/** Sends a request and gives the JSON of its answer; undefined when there is no content. */
export type Transport = (request: KustomerRequest) => Promise<unknown>

const DEFAULT_TIMEOUT_MS = 15_000

const CAUSES: Readonly<Record<string, UnreachableCause>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  ABORT_ERR: 'aborted',
}

/** Causes that mean that nothing was ever sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/** The code of a network error is on the error, or on one of its causes. */
const codeOf = (error: unknown): string => {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner.name === 'TimeoutError') return 'ETIMEDOUT'
    if (inner.name === 'AbortError') return 'ABORT_ERR'
    if ('code' in inner && typeof inner.code === 'string') return inner.code
  }
  return ''
}

const numberOf = (header: string | null): number | undefined => {
  const number = Number(header ?? Number.NaN)
  return Number.isNaN(number) ? undefined : number
}

export const createTransport = ({
  apiUrl,
  apiKey,
  userAgent,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  fetch = globalThis.fetch,
  beforeWrite,
  onAnswer,
}: KustomerOptions): Transport => {
  const base = `${apiUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`

  return async ({ method, route: pattern, path, query = {}, body, kind = 'other' }) => {
    const route = `${method} ${pattern}`
    const asked = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)]],
    )
    const search = asked.length > 0 ? `?${new URLSearchParams(asked)}` : ''
    const isWrite = method !== 'GET' && kind !== 'search'
    if (isWrite) await beforeWrite?.()
    const started = performance.now()
    const { status, headers, text } = await exchange()
    onAnswer?.({
      route,
      status,
      ...limitsOf(headers),
      ms: Math.round(performance.now() - started),
      kind,
    })
    const json = parse(text)
    if (status < 200 || status > 299)
      throw new KustomerError(route, failureOf({ status, headers, body: json }, isWrite, body))
    if (json === undefined && text !== '')
      throw new KustomerError(route, { kind: 'unreadable', path: '', issue: 'not JSON' })
    return json

    async function exchange() {
      try {
        const answer = await fetch(`${base}${path}${search}`, {
          method,
          headers: {
            authorization: `Bearer ${apiKey}`,
            accept: 'application/json',
            'user-agent': userAgent,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        })
        return { status: answer.status, headers: answer.headers, text: await answer.text() }
      } catch (error) {
        const code = codeOf(error)
        // The original error is left out: undici's messages can hold the address with its phone or email.
        throw new KustomerError(route, {
          kind: 'unreachable',
          cause: CAUSES[code] ?? 'other',
          maybeDone: isWrite && !NEVER_SENT.has(code),
        })
      }
    }
  }
}

const limitsOf = (headers: Headers): Pick<KustomerAnswer, 'limit' | 'remaining' | 'resetAt'> => {
  const limit = numberOf(headers.get('x-ratelimit-limit'))
  const remaining = numberOf(headers.get('x-ratelimit-remaining'))
  const resetAt = resetAtOf(headers)
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetAt !== undefined && { resetAt }),
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
