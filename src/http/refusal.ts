import { CloudTalkError, type CloudTalkFailure } from '../cloudtalk/index.ts'
import { KustomerError, type KustomerFailure } from '../kustomer/index.ts'
import type { Vendor } from '../store/schema.ts'
import { Busy } from '../sync/busy.ts'
import { VENDOR_NAMES, VendorAway } from '../sync/circuit.ts'
import { Undecidable } from '../sync/contacts/decide.ts'
import { RunRefused } from '../sync/runs/run.ts'
import { Stopping } from '../sync/stopping.ts'
import { Unassociable } from '../sync/timeline/associate.ts'
import { PersonUnchanged } from './people.ts'

/** Why what a person asked for was not done, and what to do. */
export interface Refusal {
  /** 409: as things are it cannot be. 502: a vendor refused it. 503: it can later. */
  status: 409 | 502 | 503
  error: string
  whatToDo: string
  /** It was cut off in the middle: a part of it may be done. */
  begun: boolean
}

/** @returns undefined for a mistake of our own. */
export function refusalOf(error: unknown): Refusal | undefined {
  const asThingsAre = (whatToDo: string, message = (error as Error).message): Refusal => ({
    status: 409,
    error: message,
    whatToDo,
    begun: false,
  })
  if (error instanceof Undecidable) return asThingsAre('Load the review again.')
  if (error instanceof Unassociable) return asThingsAre('Load the list again.')
  if (error instanceof RunRefused) return asThingsAre('Look at the run.')
  if (error instanceof PersonUnchanged) return asThingsAre('Load the list of people.')
  if (error instanceof Busy)
    return asThingsAre('Send it again.', 'It is being synced at this moment. Try again.')
  if (error instanceof Stopping) return cutOff(503, 'The service is being stopped or set up anew.', SOON)
  if (error instanceof VendorAway) {
    return error.circuit.cause === 'refused' ? keyRefused(error.vendor) : noAnswer(error.vendor)
  }
  if (error instanceof CloudTalkError) return byKind('cloudtalk', error.failure, error.message)
  if (error instanceof KustomerError) return byKind('kustomer', error.failure, error.message)
  return undefined
}

const SOON = 'Try again in a few minutes. What was begun of it may be done already.'

const cutOff = (status: 502 | 503, error: string, whatToDo: string): Refusal => ({
  status,
  error,
  whatToDo,
  begun: true,
})

const noAnswer = (vendor: Vendor): Refusal =>
  cutOff(503, `${VENDOR_NAMES[vendor]} does not answer at this moment, so this is not finished.`, SOON)

const keyRefused = (vendor: Vendor): Refusal =>
  cutOff(
    502,
    `${VENDOR_NAMES[vendor]} refuses the connection’s key, so this is not finished.`,
    'An administrator checks both keys in the set-up. Then try again.',
  )

function byKind(vendor: Vendor, failure: CloudTalkFailure | KustomerFailure, message: string): Refusal {
  switch (failure.kind) {
    case 'rateLimited':
      return cutOff(
        503,
        `${VENDOR_NAMES[vendor]} takes no more requests at this moment, so this is not finished.`,
        SOON,
      )
    case 'unavailable':
    case 'unreachable':
      return noAnswer(vendor)
    case 'unauthorized':
      return keyRefused(vendor)
    case 'forbidden':
      return cutOff(
        502,
        `${VENDOR_NAMES[vendor]} does not let the connection’s key do this, so it is not finished (${message}).`,
        'An administrator gives the key what it lacks, as the set-up or the check command says. Then try again.',
      )
    case 'rejected':
    case 'tooLarge':
    case 'gone':
    case 'unreadable':
    case 'conflict':
    case 'notFound':
      return cutOff(
        502,
        `${VENDOR_NAMES[vendor]} did not take a request of this, so it is not finished (${message}).`,
        'Look at the record in the trace and in both systems, then try again.',
      )
  }
}
