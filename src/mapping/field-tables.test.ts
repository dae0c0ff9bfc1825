import { describe, expect, test } from 'vitest'
import { contactFieldRules, contactFromCustomer } from './contact-from-customer.ts'
import { conversationFromCall } from './conversation-from-call.ts'
import { conversationFromMessage } from './conversation-from-message.ts'
import { customerFieldRules } from './customer-from-contact.ts'
import { emptyCustomer } from './customer-record.ts'
import { type FieldTable, type FormsInUse, fieldTables, lineKey } from './field-tables.ts'
import { noteFromCall, noteLineRules } from './note-from-call.ts'
import { messageLineRules, noteFromMessage } from './note-from-message.ts'
import type { Call, Message } from './records.ts'
import { settingsSchema } from './settings.ts'

const settings = settingsSchema.parse({})

function tableOf(id: FieldTable['id'], given: object = {}, forms: FormsInUse = {}): FieldTable {
  const table = fieldTables(settingsSchema.parse(given), forms).find((one) => one.id === id)
  if (!table) throw new Error(`there is no table ${id}`)
  return table
}

const keysOf = (id: FieldTable['id']) => tableOf(id).rows.map(({ key }) => key)
const ruleOf = (table: FieldTable, key: string) => table.rows.find((row) => row.key === key)?.rule

const call: Call = {
  id: '7',
  type: 'incoming',
  isVoicemail: false,
  talkingTime: 9,
  waitingTime: 1,
  endedAt: '2026-01-01T10:00:00.000Z',
  notes: [],
  tags: [],
  ratings: [],
}
const message: Message = {
  id: '7',
  channel: 'sms',
  direction: 'incoming',
  text: 'Hello',
  media: [],
  at: '2026-01-01T10:00:00.000Z',
}
const nothing = {
  org: 'acme',
  companyName: () => undefined,
  countryId: () => null,
  agentIdOfUser: () => undefined,
}

describe('each field that the code makes has its row', () => {
  const { body: _call, ...callNote } = noteFromCall(call, undefined, {
    settings: settings.calls,
    literalSubject: true,
  })
  const { body: _message, ...messageNote } = noteFromMessage(message, { literalSubject: true })
  const lines = (rules: readonly { label: string }[]) => rules.map(({ label }) => lineKey(label))
  test.each([
    { id: 'contact' as const, made: Object.keys(contactFromCustomer(emptyCustomer, nothing).fields) },
    { id: 'customer' as const, made: customerFieldRules.map(({ field }) => field) },
    { id: 'call-conversation' as const, made: Object.keys(conversationFromCall(call, settings.calls)) },
    { id: 'call-note' as const, made: [...Object.keys(callNote), ...lines(noteLineRules)] },
    {
      id: 'message-conversation' as const,
      made: Object.keys(conversationFromMessage(message, settings.sms)),
    },
    { id: 'message-note' as const, made: [...Object.keys(messageNote), ...lines(messageLineRules)] },
  ])('$id', ({ id, made }) => {
    expect(keysOf(id)).toEqual(expect.arrayContaining(made))
    const more = { 'call-conversation': 4, 'message-conversation': 4, 'call-note': 1, 'message-note': 1 }
    // Customer, assigned user, channel and chat message are made outside of the mapping.
    expect(keysOf(id)).toHaveLength(made.length + (id in more ? more[id as keyof typeof more] : 0))
    expect(new Set(keysOf(id)).size).toBe(keysOf(id).length)
  })

  test('no field is both mapped and not', () => {
    const mapped = contactFieldRules.map(({ label }) => label)
    expect(tableOf('contact').notMapped.filter(({ field }) => mapped.includes(field))).toEqual([])
    expect(tableOf('contact').notMapped).not.toHaveLength(0)
  })
})

describe('the settings stand in the rules', () => {
  test('the contact tag', () => {
    const tagRule = (given: object) =>
      tableOf('contact', given).notMapped.find(({ field }) => field === 'Tags')?.rule
    expect(tagRule({})).toContain('no contact tag')
    expect(tagRule({ contactTag: 'CRM' })).toContain('“CRM”')
  })

  test('status and types that are not logged', () => {
    const given = { calls: { missed: { status: 'done' }, voicemail: { log: false } } }
    expect(ruleOf(tableOf('call-conversation', given), 'status')).toBe(
      'answered: Done, missed: Done, unanswered: Done, voicemail: not logged',
    )
  })

  test('lines that are switched off', () => {
    const rating = (on: boolean) =>
      ruleOf(tableOf('call-note', { calls: { lines: { rating: on } } }), lineKey('Rating'))
    expect(rating(false)).toBe('switched off in the settings: no line')
    expect(rating(true)).toBe('without a value: no line')
  })

  test('threading, unknown callers and the agent map', () => {
    const given = {
      whatsapp: { threading: 'window' },
      calls: { unknownNumbers: 'skip' },
      agentMap: { 'lea@example.com': null },
    }
    expect(ruleOf(tableOf('message-conversation', given), 'externalId')).toContain(
      'WhatsApp one for a talk, until 24 h of silence',
    )
    expect(ruleOf(tableOf('call-conversation', given), 'customer')).toContain('nobody: not logged')
    expect(ruleOf(tableOf('call-conversation', given), 'assigned')).toContain('1 agent mapped otherwise')
  })

  test('subject and direction, where Kustomer takes no such keys', () => {
    expect(ruleOf(tableOf('call-note'), 'subject')).toBe('as the conversation is named')
    expect(ruleOf(tableOf('call-note', {}, { noteSubject: false }), 'direction')).toContain('second line')
  })
})
