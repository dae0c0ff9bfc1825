import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { E164 } from './records.ts'

/**
 * Both vendors write a WhatsApp number as `whatsapp:+…` (contracts cloudtalk §4, kustomer §2.5). Invisible marks and
 * full-width digits come with numbers pasted from phones and documents.
 */
const plain = (raw: string | number): string =>
  String(raw)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^(whatsapp|tel):/i, '')
    .trim()

/**
 * A number with an extension is refused: E.164 cannot hold the extension, and without it the colleagues behind one
 * switchboard would look like one person.
 */
const valid = (text: string, country?: string): E164 | undefined => {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: country as CountryCode, extract: false })
  if (!parsed?.isValid() || parsed.ext) return undefined
  return parsed.number as E164
}

/**
 * The E.164 form of a number that exists in a country's numbering plan, else nothing.
 *
 * - `+…` or `00…` is international.
 * - Anything else is first national in `defaultCountry`, then, if it can be, international without its `+`
 *   (Kustomer stores such values). National goes first: `4155552671` of an American team is San Francisco, not
 *   Switzerland.
 * - A value that opens with a bracket or a zero is never read as international: that is how people write area codes.
 */
export const parsePhone = (raw: string | number, defaultCountry?: string): E164 | undefined => {
  const text = plain(raw)
  if (text.startsWith('+')) return valid(text)
  if (/^\(?00/.test(text)) return valid(text.replace(/^\(?00/, '+'))
  const national = defaultCountry ? valid(text, defaultCountry) : undefined
  return national ?? (/^[1-9]/.test(text) ? valid(`+${text}`) : undefined)
}

/**
 * A number as CloudTalk puts it on the wire: digits with or without `+`, sometimes a JSON number (contract cloudtalk
 * §1.7). No check that it exists: a call with that number has taken place.
 */
export const wireNumber = (raw: string | number | null | undefined): E164 | undefined => {
  if (raw === null || raw === undefined) return undefined
  const digits = plain(raw).replace(/^\+|[\s().-]/g, '')
  return /^[1-9]\d{1,14}$/.test(digits) ? `+${digits}` : undefined
}
