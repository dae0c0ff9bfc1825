import type { Logger } from 'pino'
import type { Settings } from '../mapping/settings.ts'
import type { Db } from '../store/database.ts'
import type { BulkWriter } from './bulk-writer.ts'
import type { CallReader } from './calls/call-reader.ts'
import type { ContactWriter } from './contacts/contact-writer.ts'
import type { CustomerWriter } from './contacts/customer-writer.ts'
import type { Counts } from './counts.ts'
import type { Directory } from './directory.ts'
import type { Raise } from './event.ts'
import type { Locks } from './locks.ts'
import type { Vendors } from './vendors.ts'

/** How long things wait that only time can bring. Tests shorten it. */
export interface Pace {
  /** Until the analytics detail of a call is first asked for: it appears some seconds after the end (contract §3.3). */
  detailAfterMs: number
  /** Until AI summary and transcript of a call are first asked for. */
  aiAfterMs: number
  /** Before the second try; each later one waits twice as long, up to five minutes. */
  firstBackoffMs: number
}

export const defaultPace: Pace = {
  detailAfterMs: 3_000,
  aiAfterMs: 20_000,
  firstBackoffMs: 2_000,
}

/** One connection, ready to work: what every verb of this folder is given. */
export interface SyncContext {
  connection: string
  /** Kustomer org name, as in its links. */
  org: string
  /** Whether another connection of this service writes to the same org, perhaps about the same calls. */
  sharesOrg(): boolean
  settings: Settings
  db: Db
  vendors: Vendors
  directory: Directory
  contactWriter: ContactWriter
  customerWriter: CustomerWriter
  bulkWriter: BulkWriter
  locks: Locks
  callReader: CallReader
  raise: Raise
  pace: Pace
  counts: Counts
  log: Logger
  now(): Date
}
