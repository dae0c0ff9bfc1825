import type { ApiKey } from './auth.ts'
import type { Org } from './org.ts'

/** One API request, read and allowed. */
export type Call = {
  org: Org
  key: ApiKey
  method: string
  /** Without /v1, query and trailing slash. */
  path: string
  params: Record<string, string>
  query: URLSearchParams
  body: unknown
}

export type Answer = { status: number; body?: unknown }

/** An operation of the API: who may, what it counts as, and what it does. */
export type Operation = {
  /** Any one of them will do; undefined = every valid key. */
  roles?: readonly string[]
  /** Counts against the searches of API keys. */
  search?: true
  handle: (call: Call) => Answer
}

/** Route name → operation. */
export type Operations = Record<string, Operation>

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })
export const NO_CONTENT: Answer = { status: 204 }
