import { expect, test } from 'vitest'
import { outcomeKinds, type ReasonCode, reasons } from './reasons.ts'

test('outcomes are a closed set', () => {
  expect(outcomeKinds.join(' ')).toBe('created updated unchanged merged linked skipped waiting failed')
})

const codes = `
  NO_PHONE NO_VALID_PHONE SHARED_EMAIL SHARED_PHONE SHARED_WHATSAPP DELETED CREATED FIELDS_CHANGED NOTHING_CHANGED
  MATCHED_BY_PHONE MATCHED_BY_NAME IMPORT_OFF CONTACT_GONE
  LOGGED LOGGED_UNLINKED INTERNAL_CALL TYPE_NOT_LOGGED NUMBER_NOT_CONNECTED UNKNOWN_NUMBER NOT_ENDED
  CALL_NOT_FOUND CALL_GONE NOTE_UPDATED ASSIGNED CUSTOMER_CREATED
  RATE_LIMITED VENDOR_UNAVAILABLE UNAUTHORIZED REJECTED_BY_CLOUDTALK REJECTED_BY_KUSTOMER UNREADABLE_ANSWER
  INTERNAL_ERROR CONNECTION_OFF CONFLICT NOT_FOUND ASSOCIATED`

test.each(codes.trim().split(/\s+/))('the other folders can rely on %s', (code) => {
  expect(reasons).toHaveProperty(code)
})

test.each(Object.keys(reasons) as ReasonCode[])('%s is explained in plain sentences', (code) => {
  const { meaning, whatToDo } = reasons[code]
  for (const text of [meaning, whatToDo]) {
    expect(text).toMatch(/^[A-Z].{5,}[^.]\.$/)
    expect(text).not.toMatch(/_|\b(API|HTTP|JSON|null|payload|webhook|schema|E\.164|4\d\d|5\d\d)\b/)
  }
})
