import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clockTime,
  cutAtWord,
  duration,
  filled,
  isPlaceholderName,
  nameKey,
  oneLine,
  textLines,
  wholeCharacters,
} from './text.ts'

/** Any text, rich in what is hard to cut: emoji of several parts, flags, combining marks, spaces. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(' ', '👩‍👩‍👧', '🇨🇿', 'e\u0301', '\u0301', '\n', 'word'),
    ),
  )
  .map((parts) => parts.join(''))

describe('cutAtWord', () => {
  test.each<[value: string, max: number, cut: string]>([
    ['short', 5, 'short'],
    ['', 0, ''],
    ['one two three', 9, 'one two…'],
    ['one two three', 8, 'one two…'],
    ['one two three', 7, 'one…'],
    ['12 Long Road, Apartment', 15, '12 Long Road…'],
    ['uninterrupted', 6, 'unint…'],
    ['uninterrupted', 1, '…'],
    ['uninterrupted', 0, ''],
    [' uninterrupted', 6, ' unin…'],
    ['ab👩‍👩‍👧cd', 6, 'ab…'],
    ['abcde\u0301f', 6, 'abcd…'],
    ['abc😀x', 5, 'abc…'],
  ])('%j within %i is %j', (value, max, expected) => {
    expect(cutAtWord(value, max)).toEqual({ value: expected, cut: value !== expected })
  })

  test('is never longer than asked, is whole characters of the value, and says whether it cut', () => {
    fc.assert(
      fc.property(text, fc.nat(60), (value, max) => {
        const result = cutAtWord(value, max)
        expect(result.value.length).toBeLessThanOrEqual(max)
        expect(result.cut).toBe(value.length > max)
        const kept = result.cut ? result.value.replace(/…$/, '') : value
        if (!result.cut) expect(result.value).toBe(value)
        expect(value.startsWith(kept)).toBe(true)
        expect(wholeCharacters(value, kept.length)).toBe(kept.length)
      }),
    )
  })

  test('never ends inside a word when there is a word end to use', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(words, fc.integer({ min: 10, max: 60 }), (list, max) => {
        const result = cutAtWord(list.join(' '), max)
        for (const word of result.value.replace(/…$/, '').split(' ')) expect(list).toContain(word)
      }),
    )
  })
})

test.each([
  ['  plain  ', 'plain'],
  ['two\nlines', 'two lines'],
  ['a \r\n\t b', 'a b'],
  ['line\u2028separator', 'line separator'],
  ['bell\u0007 and\u0000 zero\u009f', 'bell and zero'],
  ['half \ud83d pair', 'half \ufffd pair'],
  ['<b>as "data" & text</b>', '<b>as "data" & text</b>'],
  ['double  space stays', 'double  space stays'],
])('%j on one line is %j', (value, expected) => {
  expect(oneLine(value)).toBe(expected)
})

test('a long run of spaces takes no time', () => {
  expect(oneLine(`a${' '.repeat(1_000_000)}b`)).toHaveLength(1_000_002)
})

test('a line is one line, whatever is in the value', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0x2100)), (units) => {
      expect(oneLine(String.fromCharCode(...units))).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    }),
  )
})

test.each([
  ['two\nlines', 'two\nlines'],
  ['a\r\nb\rc', 'a\nb\nc'],
  ['a\u0085b\u2028c\u2029d\ve\ff', 'a\nb\nc\nd\ne\nf'],
  ['an\n\nempty line', 'an\n\nempty line'],
  ['  indented\n  twice', '  indented\n  twice'],
  ['tab\there', 'tab here'],
  ['bell\u0007 and\u0000 zero\u009f', 'bell and zero'],
  ['half \ud83d pair', 'half \ufffd pair'],
  ['ends \r\n\t ', 'ends'],
  [' \n', ''],
])('%j on several lines is %j', (value, expected) => {
  expect(textLines(value)).toBe(expected)
})

test('lines have nothing but line breaks to control them, and nothing at the end', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0x2100)), (units) => {
      const lines = textLines(String.fromCharCode(...units))
      expect(lines.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(lines).toBe(lines.trimEnd())
      expect(textLines(lines)).toBe(lines)
    }),
  )
})

test('blank values are left out', () => {
  expect(filled(['a', null, ' ', undefined, '\n', ' b '])).toEqual(['a', 'b'])
})

describe('nameKey', () => {
  test.each<[one: string, other: string, same: boolean, why: string]>([
    ['  Jan   Novák ', 'jan novak', true, 'spaces, case, accents'],
    ['JOSÉ', 'Jose\u0301', true, 'an accent composed or combined'],
    ['Łukasz Żak', 'lukasz zak', true, 'letters that Unicode does not take apart'],
    ['Søren', 'soren', true, 'letters that Unicode does not take apart'],
    ['Weiß', 'WEISS', true, 'ß'],
    ['WEIẞ', 'Weiss', true, 'capital ß'],
    ['İpek', 'ipek', true, 'Turkish dotted capital'],
    ['Δήμητρας', 'ΔΗΜΗΤΡΑΣ', true, 'Greek, with its final sigma'],
    ['Ann\u00a0Lee', 'Ann Lee', true, 'a no-break space'],
    ['Ann\u200b Lee', 'Ann Lee', true, 'an invisible character'],
    ['Ａｎｎ', 'ann', true, 'full-width letters'],
    ['Ann Lee', 'Lee Ann', false, 'order counts'],
    ['Ann-Lee', 'Ann Lee', false, 'punctuation counts'],
    ['राम', 'रमा', false, 'Hindi vowel signs are not accents'],
    ['はな', 'ばな', false, 'Japanese voicing marks are not accents'],
  ])('%s and %s: %s (%s)', (one, other, same) => {
    expect(nameKey(one) === nameKey(other)).toBe(same)
  })

  test('is a fixed point and does not depend on the outer spaces', () => {
    fc.assert(
      fc.property(text, (name) => {
        const key = nameKey(name)
        expect(nameKey(key)).toBe(key)
        expect(nameKey(`  ${name}\t`)).toBe(key)
      }),
    )
  })
})

test.each<[name: string, placeholder: boolean]>([
  ['', true],
  ['   ', true],
  ['?', true],
  ['-', true],
  ['Unknown', true],
  ['UNKNOWN caller', true],
  ['(unknown)', true],
  ['Anonymous', true],
  ['Anonymous Visitor #4821', true],
  ['Anonymní', true],
  ['N/A', true],
  ['Guest 42', true],
  ['Private number', true],
  ['+44 20 7183 8750', true],
  ['442071838750 ext. 5', true],
  ['whatsapp:+442071838750', true],
  ['ann@example.com', true],
  [' Ann.Lee+x@Example.com ', true],
  ['Ann Lee', false],
  ['Guest House Praha', false],
  ['Anonymous Coffee Ltd', false],
  ['Ann @ Work', false],
  ['李', false],
  ['3M', false],
])('%j is a placeholder: %s', (name, placeholder) => {
  expect(isPlaceholderName(name)).toBe(placeholder)
})

test.each([
  [0, '0s'],
  [45, '45s'],
  [60, '1m 0s'],
  [180, '3m 0s'],
  [192, '3m 12s'],
  [3600, '1h 0m 0s'],
  [3723, '1h 2m 3s'],
  [90_000, '25h 0m 0s'],
  [12.9, '12s'],
  [-5, '0s'],
  [Number.NaN, '0s'],
])('%d seconds is %s', (seconds, expected) => {
  expect(duration(seconds)).toBe(expected)
})

test.each([
  [0, '0:00'],
  [5.9, '0:05'],
  [65, '1:05'],
  [754, '12:34'],
  [3599, '59:59'],
  [3600, '1:00:00'],
  [3723, '1:02:03'],
  [36_000, '10:00:00'],
  [-5, '0:00'],
  [Number.NaN, '0:00'],
])('%d seconds into a call is %s', (seconds, expected) => {
  expect(clockTime(seconds)).toBe(expected)
})
