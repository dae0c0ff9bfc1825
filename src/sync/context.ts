import type { Logger } from 'pino'
import type { Settings } from '../mapping/settings.ts'
import type { Db } from '../store/database.ts'
import type { CallReader } from './call-reader.ts'
import type { ContactWriter } from './contact-writer.ts'
import type { Directory } from './directory.ts'
import type { Raise } from './event.ts'
import type { Vendors } from './vendors.ts'

/** One connection, ready to work: what every verb of this folder is given. */
export interface SyncContext {
  connection: string
  /** Kustomer org name, as in its links. */
  org: string
  settings: Settings
  db: Db
  vendors: Vendors
  directory: Directory
  contactWriter: ContactWriter
  callReader: CallReader
  raise: Raise
  log: Logger
  now(): Date
}
