import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { Assignment } from '../mapping/assignment.ts'
import type { CustomerRecord } from '../mapping/customer-record.ts'
import type { OwnFields, Provenance } from '../mapping/merge-customers.ts'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Call, CallDetail, ContactFields, Message } from '../mapping/records.ts'
import type { Write } from '../mapping/write.ts'

/** Every table, as the code sees it. The columns' meaning stands in `migrations/`. */
export interface Database {
  connection: ConnectionTable
  cursor: CursorTable
  customer: CustomerTable
  contact: ContactTable
  identifier: IdentifierTable
  link: LinkTable
  call: CallTable
  message: MessageTable
  timeline: TimelineTable
  proof: ProofTable
  outcome: OutcomeTable
  outcome_history: OutcomeHistoryTable
  outcome_count: OutcomeCountTable
  outcome_hour: OutcomeHourTable
  run: RunTable
  run_item: RunItemTable
  run_count: RunCountTable
  undone: UndoneTable
  review: ReviewTable
  apart: ApartTable
  budget: BudgetTable
  circuit: CircuitTable
  secret: SecretTable
  person: PersonTable
  person_session: PersonSessionTable
  invitation: InvitationTable
  api_token: ApiTokenTable
  sign_on: SignOnTable
  audit: AuditTable
  sighting: SightingTable
  lease: LeaseTable
}

type Time = ColumnType<Date, Date | string, Date | string>
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** Arrays and objects go in as JSON text: `pg` would turn a bare array into a PostgreSQL array. */
type Json<T> = ColumnType<T, string, string>
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>

/** What the connection has learned about its accounts' APIs (requirements §3, fall-back forms). */
export interface LiteralForms {
  conversationChannels?: boolean
  noteSubject?: boolean
  conversationWithoutCustomer?: boolean
  contactEditWithoutName?: boolean
}

/** Whose keys a connection has that was set up in the console. */
export interface StoredAccounts {
  kustomer?: { org: string; apiUrl?: string | undefined }
  cloudtalk?: { accessKeyId: string }
}

interface ConnectionTable {
  id: string
  /** Customer that holds conversations of unknown callers where the API wants one. */
  holder_customer_id: string | null
  literal_forms: JSONColumnType<LiteralForms, string | undefined, string>
  created_at: Generated<Date>
  /** As an administrator saved them. */
  settings: NullableJson<unknown>
  accounts: JSONColumnType<StoredAccounts, string | undefined, string>
  /** One more with each change by hand. */
  revision: Generated<number>
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
  data: Json<CustomerRecord>
  /** Of `data`, to look up by. */
  external_id: GeneratedAlways<string | null>
}

interface ContactTable {
  connection: string
  id: string
  name_key: string
  name: string
  /** The mapped fields as last known, from a look at the contact or our own write; null for one never looked at. */
  fields: NullableJson<ContactFields>
  /** What its customers said together when both sides were last in step. */
  base: NullableJson<ContactFields>
  /** What it held before any customer was joined to it. */
  own: NullableJson<OwnFields>
  /** Who gave each of its values; of a contact that several customers share. */
  provenance: NullableJson<Provenance>
  /** When `fields` were last known for certain: read from CloudTalk, or all written by us. */
  read_at: NullableTime
  /** Fingerprint of its row in the index, as last seen and as it was when `fields` were read. */
  row_print: string | null
  read_print: string | null
  /** The sweep saw it change, and no settle of it has ended yet, well or for good. */
  changed: Generated<boolean>
  /** The last sweep that saw it. */
  sweep: Generated<string | null>
  /** Webhooks that our own writes will cause and that have not come yet; worth nothing after `echoes_until`. */
  echoes: Generated<number>
  echoes_until: NullableTime
  /** A webhook was counted as an echo, and nobody has looked since whether it was a person's. */
  echoed: Generated<boolean>
  /** What our latest edit was about to write; null once its answer has come. */
  edit_intent: NullableJson<Partial<ContactFields>>
  /** Set before the first request that creates its customer. */
  export_intent_at: NullableTime
  /** Its customer was deleted in Kustomer: it is not exported again. */
  customer_deleted: Generated<boolean>
}

export type IdentifierSide = 'customer' | 'contact'
export type IdentifierChannel = 'phone' | 'whatsapp' | 'email'

interface IdentifierTable {
  connection: string
  side: IdentifierSide
  channel: IdentifierChannel
  value: string
  record_id: string
}

export type LinkOrigin =
  | 'created'
  | 'exported'
  | 'matched-phone'
  | 'matched-email'
  | 'matched-name'
  | 'decided'

interface LinkTable {
  connection: string
  customer_id: string
  /** Null while the contact is being created: the intent, kept before the request leaves. */
  contact_id: string | null
  origin: LinkOrigin
  base: NullableJson<ContactFields>
  /** When the customer was last modified by others than us: its weight in a merge. */
  modified_at: NullableTime
  /** The `modifiedAt` that our own last write gave the customer. */
  own_write_at: NullableTime
  /** The revision that a write of ours, whose answer is still out, will give the customer. */
  own_write_rev: ColumnType<number | null, number | null | undefined, number | null>
  created_at: Generated<Date>
}

interface ApartTable {
  connection: string
  customer_id: string
  contact_id: string
  /** Nobody is asked about the two again. */
  for_good: Generated<boolean>
}

export type ReviewKind = 'ambiguous-name' | 'duplicate-contact'
/** `keep-apart`: asked again when what the review showed has changed; `keep-apart-for-good`: never. */
export const reviewDecisions = ['merge', 'keep-apart', 'keep-apart-for-good'] as const
export type ReviewDecision = (typeof reviewDecisions)[number]

interface ReviewTable {
  id: string
  connection: string
  kind: ReviewKind
  /** The customer whose name several contacts carry; the contact whose customer has another one. */
  record_id: string
  /** Contacts that it may belong to. */
  candidates: Json<string[]>
  opened_at: Generated<Date>
  decision: ReviewDecision | null
  decided_at: NullableTime
  /** Stands for what its records showed when it was decided. */
  print: ColumnType<string | null, string | null | undefined, string | null>
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
  /** By which some webhooks name the call; known once one has told both ids. */
  uuid: ColumnType<string | null, string | null | undefined, string | null>
}

/** CloudTalk's two webhook systems. */
export type MessageVia = 'workflow' | 'account'

interface MessageTable {
  connection: string
  /** As it is called in Kustomer: `sms-` or `wa-` and CloudTalk's id, or what stands for one. */
  id: string
  channel: Message['channel']
  /** Every id that it was told by, as it would be called in Kustomer. */
  told_as: string[]
  told_via: MessageVia[]
  /** Whether CloudTalk gave it an id. */
  identified: boolean
  channel_known: boolean
  content: string
  external_number: string | null
  internal_number: string | null
  at: Time
  data: Json<ToldMessage>
  received_at: Generated<Date>
  /** One more each time it was told differently. */
  version: Generated<number>
  settled_version: ColumnType<number | null, number | null | undefined, number | null>
}

/** A message as a webhook told it: ids where CloudTalk gives no names. */
export type ToldMessage = Omit<Message, 'agent' | 'contact' | 'groupName' | 'numberName'> & {
  agentId?: string
  agentName?: string
  agentEmail?: string
  contactId?: string
  contactName?: string
}

export type TimelineKind = 'call' | 'message'

interface TimelineTable {
  connection: string
  kind: TimelineKind
  record_id: string
  external_number: string | null
  /** Set before the first Kustomer request: from then on a look-up precedes each create. */
  intent_at: NullableTime
  conversation_id: string | null
  customer_id: string | null
  unlinked: Generated<boolean>
  /** The conversation was begun by another message of the same talk. */
  joined: Generated<boolean>
  /** Somebody deleted the conversation in Kustomer. */
  gone: Generated<boolean>
  /** What the conversation, or the message in it, was called when it was last written. */
  headline: string | null
  note_ids: NullableJson<string[]>
  note_body: string | null
  chat_id: string | null
  assigned: NullableJson<Assignment | 'later'>
  /** Everything stands in Kustomer, with its final status. */
  logged_at: NullableTime
}

interface ProofTable {
  connection: string
  day: string
  at: Generated<Date>
  result: Json<unknown>
}

export const recordKinds = ['customer', 'contact', 'call', 'message'] as const
export type RecordKind = (typeof recordKinds)[number]

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
  /** What was written to either side, in this order. */
  writes?: Write[]
  /** Of outcomes from before writes were kept: field of the contact → value written, as sent. */
  written?: Record<string, unknown>
  /** The same: customer → what was written to it, as sent. */
  writtenToCustomers?: Record<string, Record<string, unknown>>
  /** Fields that both sides had changed, and whose value stayed. */
  conflicts?: { field: string; kept: 'customer' | 'contact' }[]
  /** Who gave each value of a contact that several customers share. */
  provenance?: Provenance
  /** How the record on the other side was found. */
  matchedBy?: string
  /** Who got the conversation, and why. */
  assigned?: Assignment
  /** Of an undo: what it took back, and what stays and why; each one sentence. */
  undo?: Undoing
}

export interface Undoing {
  takenBack: string[]
  stays: string[]
}

export interface OutcomeTable extends OutcomeColumns {}

interface OutcomeHistoryTable extends OutcomeColumns {
  id: Generated<string>
}

/** Kept by triggers (migration 0012); the sum over the shards counts. */
interface OutcomeCountTable {
  connection: string
  kind: RecordKind
  outcome: OutcomeKind
  reason: ReasonCode
  shard: number
  count: string
}

/** The same, of the history by hour. */
interface OutcomeHourTable {
  connection: string
  hour: Date
  kind: RecordKind
  outcome: OutcomeKind
  reason: ReasonCode
  shard: number
  count: string
}

export type RunKind = 'sync' | 'preview' | 'undo-preview' | 'undo'
export type RunState = 'reading' | 'settling' | 'done' | 'failed' | 'cancelled'

export type Vendor = 'cloudtalk' | 'kustomer'

/** Requests by vendor, and how long they take at the accounts' limits. */
export type RunEstimate = Record<Vendor, number> & { seconds: number }

interface RunTable {
  id: string
  connection: string
  kind: RunKind
  state: RunState
  paused: Generated<boolean>
  /** One more each time it goes on after a pause: what is raised then is raised anew. */
  round: Generated<number>
  from: NullableTime
  /** The run that it takes back, or would. */
  of_run: ColumnType<string | null, string | null | undefined, string | null>
  /** Records whose events were raised, by kind. */
  raised: Json<Partial<Record<RecordKind, number>>>
  error: string | null
  /** What a preview expects the run to take; empty otherwise. */
  estimate: JSONColumnType<Partial<RunEstimate>, string | undefined, string>
  started_at: Generated<Date>
  finished_at: NullableTime
}

interface RunItemTable {
  run_id: string
  kind: RecordKind
  record_id: string
  /** Those of a wave are raised when all of the waves before are settled. */
  wave: Generated<number>
  /** Null until it is settled. */
  outcome: OutcomeKind | null
  reason: ReasonCode | null
  settled_at: NullableTime
  /** Of an undo. */
  details: NullableJson<Undoing>
}

interface UndoneTable {
  connection: string
  kind: RecordKind
  record_id: string
  stands: Json<unknown>
  at: Generated<Date>
}

/** Kept by triggers, of the items that are settled. */
interface RunCountTable {
  run_id: string
  kind: RecordKind
  outcome: OutcomeKind
  reason: ReasonCode
  shard: number
  count: string
}

interface BudgetTable {
  account: string
  window_ends_at: Time
  limit: number
  used: number
  /** What the latest statement granted: PostgreSQL before 18 cannot return a row's old values. */
  last_grant: number
  /** One more with each window. */
  turn: Generated<number>
  /** An answer has told what the vendor has counted in this window. */
  heard: Generated<boolean>
  /** The vendor has been seen to count a bulk request as one. */
  bulk_is_one: Generated<boolean>
}

/** The vendor does not answer properly, or does not accept the key. */
export type CircuitCause = 'away' | 'refused'

interface CircuitTable {
  account: string
  cause: CircuitCause
  sentence: string
  since: Generated<Date>
  probes: Generated<number>
  probe_at: Time
  ended_at: NullableTime
}

interface SecretTable {
  connection: string
  name: string
  sealed: string
}

/** Of better-auth's tables what is read by ourselves. */
interface PersonTable {
  id: string
  name: string
  email: string
  role: string | null
  banned: boolean | null
  createdAt: Date
}

interface PersonSessionTable {
  id: string
  userId: string
  token: string
  createdAt: Date
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

interface InvitationTable {
  digest: string
  person_id: string
  expires_at: Time
}

interface ApiTokenTable {
  id: string
  digest: string
  name: string
  role: string
  made_by: string
  made_at: Generated<Date>
  expires_at: NullableTime
  last_used_at: NullableTime
}

interface SignOnTable {
  single: Generated<boolean>
  name: string
  issuer: string
  client_id: string
  sealed_secret: string
  domains: string[]
  role: string
}

interface AuditTable {
  id: GeneratedAlways<string>
  at: Generated<Date>
  connection: string | null
  who: string
  did: string
  subject: string
  details: Json<unknown>
}

interface SightingTable {
  connection: string
  what: string
  at: Time
}

interface LeaseTable {
  key: string
  holder: string
  until: Time
  /** For so long nobody gets it after its holder's death; 0 while nothing is being written. */
  leave_ms: Generated<number>
}
