/** Why a request did not give what was asked. Callers decide on `kind`, never on text. */
export type KustomerFailure =
  /** 429. `retryAt` in epoch milliseconds, when the answer tells (contract §1.4: often it does not). */
  | { kind: 'rateLimited'; retryAt?: number }
  /** 401: the key is wrong, expired, or of another region. */
  | { kind: 'unauthorized' }
  /** 403 (or 402): the key lacks a role, or the plan the feature. */
  | { kind: 'forbidden' }
  /** 400 and the like: `fields` are the names that the answer blames. `detail` may quote values: keep it out of logs. */
  | { kind: 'rejected'; fields: string[]; detail: string }
  /** Another record has the same phone, email or external id, or the `rev` sent is stale (§1.7, §2.4). */
  | { kind: 'conflict'; fields: string[] }
  | { kind: 'notFound' }
  | { kind: 'gone' }
  /** 413: more than 100 KB on most endpoints (§1.6). */
  | { kind: 'tooLarge' }
  /** 5xx, or something that is not the API answering. */
  | { kind: 'unavailable'; status: number }
  /** No answer. `maybeDone`: the request was a write that may have reached Kustomer. */
  | { kind: 'unreachable'; cause: UnreachableCause; maybeDone: boolean }
  /** An answer, or a webhook, in a shape that the contract does not know. */
  | { kind: 'unreadable'; path: string; issue: string }

/**
 * `aborted`: by who asked, who waits for it no longer. `gateway`: by what stands before the vendor, which may work on a
 * write yet.
 */
export type UnreachableCause = 'timeout' | 'aborted' | 'gateway' | 'reset' | 'refused' | 'dns' | 'other'

/** The one error of this client. Its message has no phone, email, key or full address. */
export class KustomerError extends Error {
  override readonly name = 'KustomerError'
  readonly failure: KustomerFailure
  /** `METHOD /pattern`, or what was being read. */
  readonly route: string

  constructor(route: string, failure: KustomerFailure, options?: ErrorOptions) {
    super(`${route}: ${sentenceOf(failure)}`, options)
    this.route = route
    this.failure = failure
  }
}

const list = (fields: readonly string[]): string => (fields.length > 0 ? ` (${fields.join(', ')})` : '')

const sentenceOf = (failure: KustomerFailure): string => {
  switch (failure.kind) {
    case 'rateLimited':
      return 'Kustomer’s request limit is used up'
    case 'unauthorized':
      return 'Kustomer does not accept the API key; check that it is not expired and belongs to this org'
    case 'forbidden':
      return 'the API key may not do this; it needs the roles org.admin, org.permission and org.user'
    case 'rejected':
      return `Kustomer refused the request${list(failure.fields)}`
    case 'conflict':
      return `another record is in the way${list(failure.fields)}`
    case 'notFound':
      return 'Kustomer has no such record'
    case 'gone':
      return 'the record is gone'
    case 'tooLarge':
      return 'the request is larger than Kustomer takes'
    case 'unavailable':
      return `Kustomer could not answer (status ${failure.status})`
    case 'unreachable':
      return `Kustomer could not be reached (${failure.cause})${failure.maybeDone ? '; the change may have been made' : ''}`
    case 'unreadable':
      return `unexpected shape at ${failure.path || 'the top'}: ${failure.issue}`
  }
}
