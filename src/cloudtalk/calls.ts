import { z } from 'zod'
import { emailList, externalUrlRows, phoneList, tagRows } from './contact-shape.ts'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import {
  flag,
  id,
  oneOrMany,
  optionalDate,
  optionalId,
  optionalNumber,
  optionalPhone,
  optionalRecord,
  optionalText,
  present,
  seconds,
  text,
} from './wire.ts'

const callContact = optionalRecord(
  z
    .object({
      id,
      name: text,
      company: optionalText,
      contact_numbers: phoneList,
      contact_emails: emailList,
      tags: tagRows,
      external_urls: externalUrlRows,
      favorite_agent: optionalRecord(z.object({ id, email: optionalText })),
    })
    .transform((contact) => ({
      id: contact.id,
      name: contact.name,
      company: contact.company,
      numbers: contact.contact_numbers,
      emails: contact.contact_emails,
      tags: contact.tags,
      externalUrls: contact.external_urls,
      favoriteAgent: contact.favorite_agent,
    })),
)

/** A call nobody took carries an agent whose id is null (contract §3.1). */
const callAgent = optionalRecord(
  z
    .object({
      id,
      firstname: optionalText,
      lastname: optionalText,
      fullname: optionalText,
      email: optionalText,
    })
    .transform((agent) => ({
      id: agent.id,
      name: agent.fullname ?? present([agent.firstname, agent.lastname]).join(' '),
      email: agent.email,
    })),
)

const cdr = z.object({
  id,
  type: z.enum(['incoming', 'outgoing', 'internal']),
  public_external: optionalPhone,
  public_internal: optionalPhone,
  is_voicemail: flag,
  recorded: flag,
  billsec: seconds,
  talking_time: seconds,
  waiting_time: seconds,
  wrapup_time: seconds,
  started_at: optionalDate,
  answered_at: optionalDate,
  ended_at: optionalDate,
  recording_link: optionalText,
  user_id: optionalId,
})

/** Notes hold their text in `note` (example) or `name` (schema); see contract §3.1. */
const callNotes = oneOrMany(z.object({ note: optionalText, name: optionalText })).transform((rows) =>
  present(rows.map((row) => row.note ?? row.name)),
)

const ratings = oneOrMany(z.object({ type: optionalText, rating: optionalNumber })).transform((rows) =>
  rows.flatMap(({ type, rating }) => (rating === undefined ? [] : [{ type: type ?? 'contact', rating }])),
)

/** `BillingCall` on the wire, `BillingData` in the schema; neither is worth losing a call for. */
const price = z.object({ price: optionalNumber }).nullish().catch(undefined)

const callRow = z
  .object({
    Cdr: cdr,
    Contact: callContact,
    Agent: callAgent,
    CallNumber: z.object({ internal_name: optionalText }).nullish().catch(undefined),
    BillingCall: price,
    BillingData: price,
    Notes: callNotes,
    Tags: tagRows,
    Ratings: ratings,
  })
  .transform((row) => ({
    id: row.Cdr.id,
    type: row.Cdr.type,
    externalNumber: row.Cdr.public_external,
    internalNumber: row.Cdr.public_internal,
    isVoicemail: row.Cdr.is_voicemail,
    recorded: row.Cdr.recorded,
    /** All four in seconds. */
    billsec: row.Cdr.billsec,
    talkingTime: row.Cdr.talking_time,
    waitingTime: row.Cdr.waiting_time,
    wrapupTime: row.Cdr.wrapup_time,
    startedAt: row.Cdr.started_at,
    answeredAt: row.Cdr.answered_at,
    /** Undefined while the call is active (contract §3.1). */
    endedAt: row.Cdr.ended_at,
    /** A page of CloudTalk, not the audio. */
    recordingLink: row.Cdr.recording_link,
    userId: row.Cdr.user_id,
    contact: row.Contact,
    agent: row.Agent,
    numberName: row.CallNumber?.internal_name,
    /** In the account's currency. */
    price: row.BillingCall?.price ?? row.BillingData?.price,
    notes: row.Notes,
    tags: row.Tags,
    ratings: row.Ratings,
  }))

/** A call as the call history shows it: no status, no uuid, no queue; those are in `analytics.call`. */
export type Call = z.output<typeof callRow>

export type CallListQuery = PageQuery & {
  /** Epoch ms or an ISO date. */
  dateFrom?: number | string
  dateTo?: number | string
  callId?: string
  /** E.164 with '+'. */
  publicExternal?: string
  contactId?: string
  type?: Call['type']
  status?: 'missed' | 'answered'
  tagId?: string
  userId?: string
}

export function calls(transport: Transport) {
  return {
    /** The newest first, as far as known (contract §1.4). Nothing filters by time of change. */
    list: (query: CallListQuery) =>
      readPage(
        transport,
        '/calls/index.json',
        {
          page: query.page,
          limit: query.limit,
          date_from: dateToWire(query.dateFrom),
          date_to: dateToWire(query.dateTo),
          call_id: query.callId,
          public_external: query.publicExternal,
          contact_id: query.contactId,
          type: query.type,
          status: query.status,
          tag_id: query.tagId,
          user_id: query.userId,
        },
        callRow,
      ),
    /** The audio. `notFound` until it is uploaded after the call, `gone` once expired (contract §3.4). */
    recording: (callId: string) =>
      transport.bytes({ method: 'GET', path: '/calls/recording/:id.json', id: callId }),
  }
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, the form of the published example (contract §1.5). */
function dateToWire(date: number | string | undefined): string | undefined {
  return date === undefined ? undefined : new Date(date).toISOString().slice(0, 19).replace('T', ' ')
}
