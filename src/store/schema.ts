import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Call, CallDetail, ContactFields, Customer, E164 } from '../mapping/records.ts'

/** Every table, as the code sees it. The columns' meaning stands in `migrations/`. */
export interface Database {
  connection: ConnectionTable
  cursor: CursorTable
  customer: CustomerTable
  contact: ContactTable
  number: NumberTable
  link: LinkTable
  call: CallTable
  outcome: OutcomeTable
  outcome_history: OutcomeHistoryTable
  run: RunTable
  run_item: RunItemTable
  budget: BudgetTable
  lease: LeaseTable
}

type Time = ColumnType<Date, Date | string, Date | string>
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** Arrays and objects go in as JSON text: `pg` would turn a bare array into a PostgreSQL array. */
type Json<T> = ColumnType<T, string, string>
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>

/** What the connection has learned about this Kustomer org's API (requirements §3, fall-back forms). */
export interface LiteralForms {
  conversationChannels?: boolean
  noteSubject?: boolean
  conversationWithoutCustomer?: boolean
}

interface ConnectionTable {
  id: string
  /** Customer that holds conversations of unknown callers where the API wants one. */
  holder_customer_id: string | null
  literal_forms: JSONColumnType<LiteralForms, string | undefined, string>
  created_at: Generated<Date>
}

interface CursorTable {
  connection: string
  name: string
  position: string
  moved_at: Time
}

interface CustomerTable {
  connection: string
  id: string
  rev: number
  /** The rev whose outcome stands; below `rev` the record still waits for its settle. */
  settled_rev: number | null
  modified_at: NullableTime
  deleted: boolean
  name_key: string
  data: Json<Customer>
}

interface ContactTable {
  connection: string
  id: string
  name_key: string
  name: string
  /** The mapped fields as they stand since our last write; null for a contact that we never wrote. */
  synced: NullableJson<ContactFields>
}

export type NumberSide = 'customer' | 'contact'
export type NumberChannel = 'phone' | 'whatsapp'

interface NumberTable {
  connection: string
  side: NumberSide
  channel: NumberChannel
  e164: E164
  record_id: string
}

export type LinkOrigin = 'created' | 'matched-phone' | 'matched-name'

interface LinkTable {
  connection: string
  customer_id: string
  /** Null while the contact is being created: the intent, kept before the request leaves. */
  contact_id: string | null
  origin: LinkOrigin
  base: NullableJson<ContactFields>
  created_at: Generated<Date>
}

interface CallTable {
  connection: string
  id: string
  ended_at: NullableTime
  external_number: string | null
  data: Json<Call>
  /** Counts what CloudTalk showed: one more each time it showed something else. */
  version: Generated<number>
  settled_version: number | null
  detail: NullableJson<CallDetail>
  /** Set before the first Kustomer request of this call: from then on a look-up precedes each create. */
  intent_at: NullableTime
  conversation_id: string | null
  customer_id: string | null
  /** The conversation stands with the holder, or with nobody, until its customer is known. */
  unlinked: Generated<boolean>
  note_ids: NullableJson<string[]>
  note_body: string | null
  message_id: string | null
  /** Everything stands in Kustomer, with its final status. */
  logged_at: NullableTime
}

export type RecordKind = 'customer' | 'call'

interface OutcomeColumns {
  connection: string
  kind: RecordKind
  record_id: string
  outcome: OutcomeKind
  reason: ReasonCode
  sentence: string
  /** Warnings, and what was written: for people, never read back by the code. */
  details: Json<OutcomeDetails>
  requests: number
  contact_id: string | null
  customer_id: string | null
  conversation_id: string | null
  source: string
  run_id: string | null
  next_at: NullableTime
  at: Generated<Date>
}

export interface OutcomeDetails {
  warnings?: string[]
  /** Field → value written, as sent. */
  written?: Record<string, unknown>
  /** How the record on the other side was found. */
  matchedBy?: string
}

export interface OutcomeTable extends OutcomeColumns {}

interface OutcomeHistoryTable extends OutcomeColumns {
  id: Generated<string>
}

export type RunState = 'reading' | 'settling' | 'done' | 'failed'

interface RunTable {
  id: string
  connection: string
  kind: 'sync'
  state: RunState
  from: NullableTime
  /** Records whose events were raised, by kind. */
  raised: Json<Partial<Record<RecordKind, number>>>
  error: string | null
  started_at: Generated<Date>
  finished_at: NullableTime
}

interface RunItemTable {
  run_id: string
  kind: RecordKind
  record_id: string
  outcome: OutcomeKind
  reason: ReasonCode
}

interface BudgetTable {
  account: string
  window_ends_at: Time
  limit: number
  used: number
  /** What the latest statement granted: PostgreSQL before 18 cannot return a row's old values. */
  last_grant: number
}

interface LeaseTable {
  key: string
  holder: string
  until: Time
}
