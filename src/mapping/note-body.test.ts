import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOTE_BODY_MAX, type NoteLineRule, noteLines, noteOf, noteParts } from './note-body.ts'

const rule = (more: Partial<NoteLineRule<[string]>>): NoteLineRule<[string]> => ({
  label: 'Text',
  whenEmpty: 'dash',
  value: (text) => text,
  ...more,
})

test.each<[value: string, rule: Partial<NoteLineRule<[string]>>, lines: string[]]>([
  ['a\nb', {}, ['Text: a b']],
  ['a\nb', { breaks: 'behind label' }, ['Text: a\nb']],
  ['a\nb', { breaks: 'below label' }, ['Text:\na\nb']],
  [' ', {}, ['Text: –']],
  [' ', { whenEmpty: 'leave out' }, []],
  ['\r\n', { breaks: 'behind label' }, ['Text: –']],
  ['\r\n', { breaks: 'below label', whenEmpty: 'leave out' }, []],
])('%j with %j is %j', (value, more, lines) => {
  expect(noteLines(rule(more), value)).toEqual(lines)
})

const head = {
  externalId: '1002',
  subject: 'Missed Call',
  direction: 'in',
  createdAt: '2026-11-22T10:03:20.000Z',
} as const

test('subject and direction are keys of the note, or its first two lines', () => {
  const { subject, direction, ...common } = head
  expect(noteOf(head, ['a', 'b'], true)).toStrictEqual({ ...common, subject, direction, body: 'a\nb' })
  expect(noteOf(head, ['a', 'b'], false)).toStrictEqual({
    ...common,
    body: 'Subject: Missed Call\nDirection: in\na\nb',
  })
})

describe('noteParts', () => {
  const continued = '(continued, 2)\n'
  const room = NOTE_BODY_MAX - continued.length
  const line = (length: number) => `${'x'.repeat(length - 1)}\n`
  const word = (length: number) => `${'x'.repeat(length - 1)} `

  test('the limit is Kustomer’s', () => {
    expect(NOTE_BODY_MAX).toBe(10_240)
  })

  test.each<[why: string, body: string, parts: string[]]>([
    ['a body that fits is one part', 'one\ntwo', ['one\ntwo']],
    ['an empty body is one part', '', ['']],
    ['a body just as long as a note is one part', line(10_240), [line(10_240)]],
    ['at a line', line(9_000) + line(4_000), [line(9_000), continued + line(4_000)]],
    ['at a line that just fits', `${line(10_240)}y`, [line(10_240), `${continued}y`]],
    [
      'at a word, when the line is too early',
      line(5_000) + word(5_000) + word(5_000),
      [line(5_000) + word(5_000), continued + word(5_000)],
    ],
    ['hard, when there is no boundary', 'x'.repeat(10_241), ['x'.repeat(10_240), `${continued}x`]],
    ['hard, but between whole characters', `${'x'.repeat(10_239)}😀`, ['x'.repeat(10_239), `${continued}😀`]],
    [
      'every part but the first has its number',
      'x'.repeat(10_240 + room + 1),
      ['x'.repeat(10_240), continued + 'x'.repeat(room), '(continued, 3)\nx'],
    ],
  ])('%s', (_why, body, parts) => {
    expect(noteParts(body)).toEqual(parts)
  })

  const pieces = fc.constantFrom(
    'word ',
    'word '.repeat(500),
    '\n',
    line(3_000),
    'x'.repeat(4_000),
    '👩‍👩‍👧',
    '🇨🇿'.repeat(700),
    'e\u0301',
    '\u0301',
    ' ',
  )
  const bodies = fc.array(pieces, { maxLength: 60 }).map((list) => list.join(''))
  const withoutNumbers = (parts: string[]) =>
    parts.map((part, index) => (index === 0 ? part : part.replace(`(continued, ${index + 1})\n`, '')))

  test('every part fits and is numbered, no character is lost, none is split, and the parts are few', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const parts = noteParts(body)
        expect(withoutNumbers(parts).join('')).toBe(body)
        for (const [index, part] of parts.entries()) {
          expect(part.length).toBeLessThanOrEqual(NOTE_BODY_MAX)
          expect(part.isWellFormed()).toBe(true)
          if (index > 0) expect(part.startsWith(`(continued, ${index + 1})\n`)).toBe(true)
        }
        expect(parts.length).toBeLessThanOrEqual(Math.ceil(body.length / (NOTE_BODY_MAX / 2 - 50)) + 1)
      }),
    )
  })

  test('a body that grows changes its last part only', () => {
    fc.assert(
      fc.property(bodies, bodies, (body, more) => {
        const before = noteParts(body)
        expect(noteParts(body + more).slice(0, before.length - 1)).toEqual(before.slice(0, -1))
      }),
    )
  })

  test('one endless character does not stop it, and no code point is split', () => {
    const body = `a${'👩‍'.repeat(9_000)}`
    const parts = noteParts(body)
    expect(withoutNumbers(parts).join('')).toBe(body)
    expect(parts.every((part) => part.isWellFormed() && part.length <= NOTE_BODY_MAX)).toBe(true)
  })
})
