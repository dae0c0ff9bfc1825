import type { z } from 'zod'
import { CloudTalkError, type CloudTalkFailure, type Host } from './errors.ts'
import { failureFromAnswer } from './failure-from-answer.ts'
import { failureFromThrown } from './failure-from-thrown.ts'

/** What every answer says about itself and about the budget. */
export type Answer = {
  /** Method and path pattern, e.g. `GET /contacts/show/:id.json`. */
  route: string
  host: Host
  status: number
  limit?: number
  remaining?: number
  /** Epoch ms at which the limit window ends. */
  resetAt?: number
  /** Milliseconds from sending to the last byte. */
  ms: number
}

export type CloudTalkOptions = {
  accessKeyId: string
  accessKeySecret: string
  /** @default 'https://my.cloudtalk.io/api' */
  apiUrl?: string
  /** @default 'https://analytics-api.cloudtalk.io/api' */
  analyticsUrl?: string
  /** @default 'https://api.cloudtalk.io/v1' */
  aiUrl?: string
  /** The edge answers 403 to requests without one (contract §1.2). */
  userAgent: string
  /** @default 15000 */
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
  /** Awaited before each request that changes something; where it rejects, nothing is sent. */
  beforeWrite?: () => Promise<void>
  onAnswer?: (answer: Answer) => void
}

export type Request = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Path pattern; `:id` is filled from `id`. */
  path: string
  id?: string
  host?: Host
  query?: Record<string, string | number | undefined>
  body?: unknown
}

/** The three things the entity modules need from HTTP. Each throws only `CloudTalkError`, and what `beforeWrite` does. */
export type Transport = {
  json<T extends z.ZodType>(request: Request, schema: T): Promise<z.output<T>>
  bytes(request: Request): Promise<Uint8Array>
  done(request: Request): Promise<void>
}

type Raw = { route: string; body: Uint8Array }

/**
 * One HTTP road for all three hosts: Basic auth, timeout, failures as data, a report of every answer.
 *
 * @throws {TypeError} If an address is not a URL.
 */
export function createTransport(options: CloudTalkOptions): Transport {
  const { timeoutMs = 15_000, fetch = globalThis.fetch, beforeWrite, onAnswer } = options
  const roots: Record<Host, string> = {
    main: options.apiUrl ?? 'https://my.cloudtalk.io/api',
    analytics: options.analyticsUrl ?? 'https://analytics-api.cloudtalk.io/api',
    ai: options.aiUrl ?? 'https://api.cloudtalk.io/v1',
  }
  for (const root of Object.values(roots)) new URL(root)
  const key = Buffer.from(`${options.accessKeyId}:${options.accessKeySecret}`).toString('base64')
  const headers = {
    authorization: `Basic ${key}`,
    accept: 'application/json',
    'user-agent': options.userAgent,
  }

  async function exchange(host: Host, request: Request) {
    const response = await fetch(urlOf(roots[host], request), {
      method: request.method,
      headers: request.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { response, body: new Uint8Array(await response.arrayBuffer()) }
  }

  async function send(request: Request): Promise<Raw> {
    const host = request.host ?? 'main'
    const route = `${request.method} ${request.path}`
    if (request.method !== 'GET') await beforeWrite?.()
    const startedAt = performance.now()
    const { response, body } = await exchange(host, request).catch((thrown: unknown) => {
      throw new CloudTalkError(route, failureFromThrown(thrown, request.method))
    })
    const { status } = response
    const budget = budgetOf(response.headers)
    onAnswer?.({ route, host, status, ...budget, ms: performance.now() - startedAt })
    const failure = failureFromAnswer(status, body, request.method, budget.resetAt)
    if (failure) throw new CloudTalkError(route, failure)
    return { route, body }
  }

  return {
    json: async (request, schema) => {
      const { route, body } = await send(request)
      return parseJson(route, new TextDecoder().decode(body), schema)
    },
    bytes: async (request) => (await send(request)).body,
    done: async (request) => {
      await send(request)
    },
  }
}

function urlOf(root: string, request: Request): string {
  const path = request.path.replace(':id', encodeURIComponent(request.id ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value))
  }
  const search = query.size > 0 ? `?${query}` : ''
  return `${root.replace(/\/$/, '')}${path}${search}`
}

function budgetOf(headers: Headers): { limit?: number; remaining?: number; resetAt?: number } {
  const read = (name: string): number | undefined => {
    const value = headers.get(name)
    return value !== null && /^\d+$/.test(value.trim()) ? Number(value) : undefined
  }
  const reset = read('x-cloudtalkapi-resettime')
  return {
    limit: read('x-cloudtalkapi-limit'),
    remaining: read('x-cloudtalkapi-remaining'),
    // Epoch seconds by the published text; one client in the wild reads it as a wait (contract §1.3).
    resetAt: reset === undefined ? undefined : reset * 1000,
  }
}

function parseJson<T extends z.ZodType>(route: string, raw: string, schema: T): z.output<T> {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    throw new CloudTalkError(route, { kind: 'unreadable', path: '', issue: 'not JSON' })
  }
  return parseValue(route, value, schema)
}

/** Reads an answer or a webhook body; what does not fit becomes `unreadable`, naming the place only. */
export function parseValue<T extends z.ZodType>(route: string, value: unknown, schema: T): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new CloudTalkError(route, unreadableFrom(parsed.error))
}

function unreadableFrom(error: z.ZodError): CloudTalkFailure {
  const [first] = error.issues
  return {
    kind: 'unreadable',
    path: first?.path.map(String).join('.') ?? '',
    issue: first?.message ?? 'unknown shape',
  }
}
