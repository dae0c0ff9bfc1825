import fc from 'fast-check'
import { getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, test } from 'vitest'
import { parsePhone, wireNumber } from './phones.ts'

describe('parsePhone', () => {
  test.each<[raw: string | number, country: string | undefined, e164: string | undefined, why: string]>([
    ['+442071838750', undefined, '+442071838750', 'E.164 as it is'],
    ['+442071838750', 'US', '+442071838750', 'international wins over the default country'],
    [' +44 (0)20 7183-8750 ', undefined, '+442071838750', 'spaces, brackets, punctuation, optional zero'],
    ['+44.20.7183.8750', undefined, '+442071838750', 'dots'],
    ['00442071838750', undefined, '+442071838750', '00 is +'],
    ['(0044) 20 7183 8750', undefined, '+442071838750', 'bracketed 00 is +'],
    ['whatsapp:+442071838750', undefined, '+442071838750', 'a WhatsApp address'],
    ['WhatsApp: +44 20 7183 8750', undefined, '+442071838750', 'a WhatsApp address by hand'],
    ['tel:+442071838750', undefined, '+442071838750', 'a tel link'],
    ['442071838750', undefined, '+442071838750', 'bare digits are international without a default country'],
    [442071838750, undefined, '+442071838750', 'a JSON number'],
    ['44 20 7183 8750', undefined, '+442071838750', 'international without its + but with spaces'],
    ['\u202a+442071838750\u202c', undefined, '+442071838750', 'invisible direction marks'],
    ['＋４４２０７１８３８７５０', undefined, '+442071838750', 'full-width digits'],
    ['+44\u00a020 7183 8750', undefined, '+442071838750', 'no-break space'],
    ['020 7183 8750', 'GB', '+442071838750', 'national with its zero'],
    ['(020) 7183 8750', 'GB', '+442071838750', 'national with its area code in brackets'],
    ['2071838750', 'GB', '+442071838750', 'national that lost its zero'],
    [2071838750, 'GB', '+442071838750', 'national as a JSON number'],
    ['442071838750', 'GB', '+442071838750', 'country code of the default country without +'],
    ['011 44 20 7183 8750', 'US', '+442071838750', 'the default country’s own international prefix'],
    ['4155552671', 'US', '+14155552671', 'valid national goes before international'],
    ['420603123456', 'US', '+420603123456', 'not valid as national, so international'],
    ['603123456', 'CZ', '+420603123456', 'national of a country without trunk zero'],
    ['+390236551234', undefined, '+390236551234', 'the zero of an Italian number stays'],
    ['020 7183 8750', undefined, undefined, 'national without a default country'],
    ['(353) 1 234 5678', undefined, undefined, 'a bracketed area code is not a country code'],
    ['4155552671', undefined, undefined, 'not valid as international'],
    ['+4155552671', 'US', undefined, 'a + decides, even when national would do'],
    ['+15555555555', undefined, undefined, 'right length, but no such area code'],
    ['+31600000000', undefined, undefined, 'a mobile code of no Dutch network'],
    ['+421200000000', undefined, undefined, 'a Slovak area, but no such local number'],
    ['+1415555', undefined, undefined, 'too short'],
    ['+999123456789', undefined, undefined, 'no such country code'],
    ['+14155552671 ext. 5', undefined, undefined, 'an extension is not E.164'],
    ['Call +442071838750 now', undefined, undefined, 'a number inside a sentence'],
    ['+442071838750 Ann', undefined, undefined, 'a number with a remark'],
    ['+442071838750, +442071838751', undefined, undefined, 'two numbers in one field'],
    ['unknown', 'GB', undefined, 'text'],
    ['', 'GB', undefined, 'empty'],
    ['2071838750', 'ZZ', undefined, 'a country that does not exist'],
    [Number.NaN, 'GB', undefined, 'not a number'],
  ])('%s in %s is %s: %s', (raw, country, e164) => {
    expect(parsePhone(raw, country)).toBe(e164)
  })

  const example = fc.constantFrom(...getCountries()).map((country) => {
    const number = getExampleNumber(country, examples)
    return { country, e164: number?.number ?? '', national: number?.formatNational() ?? '' }
  })

  test('a mobile number of any country is read from every way of writing it', () => {
    fc.assert(
      fc.property(example, ({ country, e164, national }) => {
        for (const raw of [e164, `whatsapp:${e164}`, e164.replace('+', '00'), e164.slice(1)]) {
          expect(parsePhone(raw)).toBe(e164)
        }
        expect(parsePhone(national, country)).toBe(e164)
      }),
    )
  })

  test('what it answers, it answers again: E.164 is a fixed point', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9 ().-]{0,20}$/), (raw) => {
        const parsed = parsePhone(raw, 'US')
        if (parsed === undefined) return
        expect(parsed).toMatch(/^\+[1-9]\d{1,14}$/)
        expect(parsePhone(parsed, 'US')).toBe(parsed)
      }),
    )
  })
})

test.each<[raw: string | number | null | undefined, number: string | undefined]>([
  ['+442071838750', '+442071838750'],
  ['442071838750', '+442071838750'],
  [442071838750, '+442071838750'],
  ['whatsapp:+442071838750', '+442071838750'],
  ['+44 20 7183-8750', '+442071838750'],
  ['+15555555555', '+15555555555'],
  ['112', '+112'],
  ['', undefined],
  ['0', undefined],
  [0, undefined],
  [null, undefined],
  [undefined, undefined],
  ['anonymous', undefined],
  ['4420+71838750', undefined],
  ['1234567890123456', undefined],
])('the wire’s %s is %s', (raw, number) => {
  expect(wireNumber(raw)).toBe(number)
})
