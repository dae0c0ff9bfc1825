import { describe, expect, test } from 'vitest'
import { dateFromWire, flag, idToWire, optionalText, phoneFromWire } from './wire.ts'

describe('phones', () => {
  test.each([
    ['+420601000001', '+420601000001'],
    ['420601000001', '+420601000001'],
    [420601000001, '+420601000001'],
    ['+420 601 000-001', '+420601000001'],
    ['whatsapp:+420601000001', '+420601000001'],
    ['anonymous', undefined],
    ['', undefined],
    ['0', undefined],
    [null, undefined],
    [1.5e21, undefined],
    ['1'.repeat(33), undefined],
  ])('%s', (wire, expected) => expect(phoneFromWire(wire)).toBe(expected))
})

describe('dates', () => {
  test.each([
    ['2025-09-25T10:34:27+02:00', '2025-09-25T08:34:27.000Z'],
    ['2025-09-25T10:34:27+0200', '2025-09-25T08:34:27.000Z'],
    ['2025-09-25T08:34:27.123Z', '2025-09-25T08:34:27.123Z'],
    ['2025-09-25 08:34:27', '2025-09-25T08:34:27.000Z'],
    ['2025-09-25T08:34:27', '2025-09-25T08:34:27.000Z'],
    ['2025-09-25', '2025-09-25T00:00:00.000Z'],
    ['yesterday', undefined],
    ['1780000000', undefined],
    ['0000-00-00 00:00:00', undefined],
    ['0000-01-01T00:00:00Z', undefined],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%s', (wire, expected) => expect(dateFromWire(wire)).toBe(expected))
})

test.each([
  [true, true],
  ['1', true],
  [1, true],
  ['true', true],
  ['0', false],
  [null, false],
  [undefined, false],
])('flag %s', (wire, expected) => expect(flag.parse(wire)).toBe(expected))

test.each([
  ['A &amp; B', 'A & B'],
  ['&lt;b&gt; &#39;x&#39;', "<b> 'x'"],
  ['https://example.com/?a=1&copy=2', 'https://example.com/?a=1&copy=2'],
  ['https://example.com/?a=1&amp;copy=2', 'https://example.com/?a=1&copy=2'],
  ['  ', undefined],
  [7, '7'],
])('text %s', (wire, expected) => expect(optionalText.parse(wire)).toBe(expected))

test.each([
  ['61', 61],
  ['', ''],
  ['abc', 'abc'],
])('id %s in a body', (id, expected) => expect(idToWire(id)).toBe(expected))
