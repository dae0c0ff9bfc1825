import { expect, test } from 'vitest'
import {
  type BothNumbers,
  cloudtalkLine,
  cloudtalkNumber,
  customerNumber,
  isConnected,
} from './shown-numbers.ts'

test.each([
  ['442071838750', '+442071838750'],
  ['whatsapp:+442071838750', '+442071838750'],
  ['anonymous', 'anonymous'],
  [undefined, undefined],
])('a customer number of %s is shown as %s', (externalNumber, expected) => {
  expect(customerNumber({ externalNumber })).toBe(expected)
})

test.each<[numbers: BothNumbers, number: string | undefined, line: string | undefined]>([
  [{ internalNumber: '420603123456', numberName: 'Sales line' }, '+420603123456 (Sales line)', 'Sales line'],
  [{ internalNumber: 'whatsapp:+420603123456' }, '+420603123456', '+420603123456'],
  [{ internalNumber: '+420603123456', numberName: ' ' }, '+420603123456', '+420603123456'],
  [{ internalNumber: 'sip-7', numberName: 'Lobby\nphone' }, 'sip-7 (Lobby phone)', 'Lobby phone'],
  [{ numberName: 'Sales line' }, 'Sales line', 'Sales line'],
  [{}, undefined, undefined],
])('%j is shown as %s, in short %s', (numbers, number, line) => {
  expect([cloudtalkNumber(numbers), cloudtalkLine(numbers)]).toEqual([number, line])
})

test.each<[internalNumber: string | undefined, connectedNumbers: string[], connected: boolean]>([
  ['+420603123456', [], true],
  [undefined, [], true],
  ['+420603123456', ['+442071838751', '+420603123456'], true],
  ['420603123456', ['+420603123456'], true],
  ['whatsapp:+420603123456', ['+420603123456'], true],
  ['+420603123456', ['+442071838751'], false],
  [undefined, ['+420603123456'], false],
])('%s among %j: %s', (internalNumber, connectedNumbers, connected) => {
  expect(isConnected({ internalNumber }, { connectedNumbers })).toBe(connected)
})
