/** Where an answer came from; each host has its own envelope and its own errors (contract §1.1). */
export type Host = 'main' | 'analytics' | 'ai'

/** Everything that can go wrong between us and CloudTalk. Retry policy switches on `kind`, never on text. */
export type CloudTalkFailure =
  /** The company's shared budget is spent; `retryAt` in epoch ms when the answer said so. */
  | { kind: 'rateLimited'; retryAt?: number }
  | { kind: 'unauthorized' }
  /** The vendor's own wording, which may name a person or number: show it, do not log it. */
  | { kind: 'forbidden'; message: string }
  /** `fields` holds the vendor's sentences per field, which may repeat the refused value. */
  | { kind: 'rejected'; fields: Record<string, string[]>; message: string }
  | { kind: 'notFound' }
  | { kind: 'conflict' }
  | { kind: 'gone'; message: string }
  | { kind: 'unavailable'; status: number }
  /** `maybeDone`: a write left us and its answer did not come back, so it may have taken effect. */
  | { kind: 'unreachable'; cause: UnreachableCause; maybeDone: boolean }
  /** An answer that the contract does not describe; `path` and `issue` never hold a value of it. */
  | { kind: 'unreadable'; path: string; issue: string }

/**
 * `aborted`: by who asked, who waits for it no longer. `gateway`: by what stands before the vendor, which may work on a
 * write yet.
 */
export type UnreachableCause = 'timeout' | 'aborted' | 'gateway' | 'reset' | 'refused' | 'dns' | 'other'

/** The only error this client throws for anything CloudTalk does. The message carries no customer data. */
export class CloudTalkError extends Error {
  override readonly name = 'CloudTalkError' as const
  readonly failure: CloudTalkFailure
  /** Method and path pattern, e.g. `GET /contacts/show/:id.json`. */
  readonly route: string

  constructor(route: string, failure: CloudTalkFailure) {
    super(`CloudTalk ${route}: ${sentence(failure)}`)
    this.route = route
    this.failure = failure
  }
}

function sentence(failure: CloudTalkFailure): string {
  switch (failure.kind) {
    case 'rateLimited':
      return 'the rate limit of the account is reached'
    case 'unauthorized':
      return 'the access key was not accepted; check its ID and secret in Account > Settings > API keys'
    case 'forbidden':
      return 'the request was refused'
    case 'rejected': {
      // The names come from the vendor; one that does not look like a name could be a value.
      const fields = Object.keys(failure.fields).filter((field) => /^[A-Za-z_.]{1,40}$/.test(field))
      return fields.length > 0 ? `the data was rejected (${fields.join(', ')})` : 'the data was rejected'
    }
    case 'notFound':
      return 'there is no such record'
    case 'conflict':
      return 'the request conflicts with the current state'
    case 'gone':
      return 'the record is gone for good'
    case 'unavailable':
      return `the service answered ${failure.status}`
    case 'unreachable':
      return failure.maybeDone
        ? `no answer (${failure.cause}); the write may have been done`
        : `no answer (${failure.cause})`
    case 'unreadable':
      return `unexpected answer at ${failure.path || 'its root'}: ${failure.issue}`
  }
}
