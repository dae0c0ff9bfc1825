import type { CloudTalkFailure, UnreachableCause } from './errors.ts'

/** Codes of Node's sockets and of undici, by what they mean to us. */
const CAUSES: Record<string, UnreachableCause> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
}

/** What a thrown fetch means. Before a connection stands nothing can have been done; after, a write may have. */
export function failureFromThrown(thrown: unknown, method: string): CloudTalkFailure {
  const cause = causeOf(thrown, 0)
  const neverSent = cause === 'refused' || cause === 'dns'
  return { kind: 'unreachable', cause, maybeDone: method !== 'GET' && !neverSent }
}

/** fetch wraps the socket's error in a `TypeError`, and a try over several addresses in an `AggregateError`. */
function causeOf(thrown: unknown, depth: number): UnreachableCause {
  if (!(thrown instanceof Error) || depth > 4) return 'other'
  if (thrown.name === 'TimeoutError') return 'timeout'
  if (thrown.name === 'AbortError') return 'aborted'
  const code = (thrown as { code?: unknown }).code
  const known = typeof code === 'string' ? CAUSES[code] : undefined
  if (known) return known
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause
  return causeOf(inner, depth + 1)
}
