import type { CloudTalkFailure } from './errors.ts'

/** The parts that the envelopes of the three hosts have in common once unwrapped (contract §1.8). */
type Complaint = { status?: unknown; name?: unknown; message?: unknown; data?: unknown }

/** Bad gateway, gateway time-out: whoever answers so has passed the request on. */
const GATEWAY = new Set([502, 504])

/** The failure an HTTP answer stands for, or undefined when it is a good one. `resetAt` in epoch ms. */
export function failureFromAnswer(
  httpStatus: number,
  body: Uint8Array,
  method: string,
  resetAt?: number,
): CloudTalkFailure | undefined {
  if (httpStatus >= 200 && httpStatus < 300) return undefined
  if (httpStatus < 400) return { kind: 'unreadable', path: '', issue: 'a redirect' }
  if (method !== 'GET' && GATEWAY.has(httpStatus)) {
    return { kind: 'unreachable', cause: 'gateway', maybeDone: true }
  }
  return failureFromComplaint(httpStatus, complaintIn(body), resetAt)
}

/** The failure of one operation, from its status and its (unwrapped) error object. */
export function failureFromComplaint(
  status: number,
  complaint: Complaint,
  resetAt?: number,
): CloudTalkFailure {
  const message = messageOf(complaint.message)
  // CakePHP's page for an unknown action says "Not Found" under a status that one observer saw as 400 (§1.2).
  if (status === 404 || (status === 400 && complaint.name === 'Not Found')) return { kind: 'notFound' }
  if (status === 401) return { kind: 'unauthorized' }
  if (status === 403) return { kind: 'forbidden', message }
  if (status === 409) return { kind: 'conflict' }
  if (status === 410) return { kind: 'gone', message }
  if (status === 429) return { kind: 'rateLimited', retryAt: resetAt }
  if (status === 408 || status >= 500) return { kind: 'unavailable', status }
  return { kind: 'rejected', fields: fieldsOf(complaint.data), message }
}

function complaintIn(body: Uint8Array): Complaint {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body))
    if (!isRecord(json)) return {}
    return isRecord(json.responseData) ? json.responseData : json
  } catch {
    // The edge answers in HTML (§1.2); the status says all there is.
    return {}
  }
}

/** NestJS sends a list of messages, the others one (contract §1.8). */
function messageOf(message: unknown): string {
  if (Array.isArray(message)) return message.filter((part) => typeof part === 'string').join('; ')
  return typeof message === 'string' ? message : ''
}

function fieldsOf(data: unknown): Record<string, string[]> {
  if (!isRecord(data)) return {}
  return Object.fromEntries(Object.entries(data).map(([field, value]) => [field, sentencesIn(value)]))
}

function sentencesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) || isRecord(value)) return Object.values(value).flatMap(sentencesIn)
  return []
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
