import { decodeHTMLStrict } from 'entities/decode'
import { z } from 'zod'
import { CloudTalkError } from './errors.ts'

/**
 * CloudTalk stores text HTML-escaped: `&` comes back as `&amp;` (contract §1.6). Strictly, because a link in a field that
 * it does not escape may hold `&copy=2`, which is no entity.
 */
const decoded = (value: string | number | null | undefined): string | undefined => {
  const plain = decodeHTMLStrict(String(value ?? '')).trim()
  return plain === '' ? undefined : plain
}

const scalar = z.union([z.string(), z.number()]).nullish()

/** Text or nothing: null, '' and blanks are all "not there". */
export const optionalText = scalar.transform(decoded)

/** Text that is always there, '' when the vendor has none. */
export const text = scalar.transform((value) => decoded(value) ?? '')

/** An id, as a string whatever the wire says (contract §1.7 "numbers as strings"). */
export const id = z
  .union([z.string().min(1), z.number().int()])
  .transform((value) => String(value))
  .refine((value) => value !== '0', { error: 'expected an id, got zero' })

/** An id or nothing; CakePHP writes nothing as null, '' or 0. */
export const optionalId = scalar.transform((value) =>
  value === null || value === undefined || String(value) === '' || String(value) === '0'
    ? undefined
    : String(value),
)

const toNumber = (value: string | number, ctx: z.RefinementCtx): number => {
  const number = typeof value === 'number' ? value : Number(value)
  if (Number.isFinite(number)) return number
  ctx.addIssue({ code: 'custom', message: 'expected a number' })
  return z.NEVER
}

/** A number sent as a number or as a string. */
export const number = z.union([z.number(), z.string().min(1)]).transform(toNumber)

/** A number or nothing. */
export const optionalNumber = scalar.transform((value, ctx) =>
  value === null || value === undefined || value === '' ? undefined : toNumber(value, ctx),
)

/** A duration in seconds, 0 when the vendor has none. */
export const seconds = optionalNumber.transform((value) => value ?? 0)

/** A flag; most are JSON booleans, some are "0"/"1", and `is_voicemail` may be null (contract §1.7, §5A). */
export const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .nullish()
  .transform((value) => value === true || value === 1 || value === '1' || value === 'true')

/**
 * A phone number as `+digits`, from `+421…`, bare digits or a JSON number (contract §1.7), and from the
 * `whatsapp:+421…` form of messages (§4). Anything else (withheld, SIP) is no number.
 */
export function phoneFromWire(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const digits = String(value)
    .trim()
    .replace(/^whatsapp:/i, '')
    .replace(/[\s().-]/g, '')
    .replace(/^\+/, '')
  return /^\d{1,32}$/.test(digits) && digits !== '0' ? `+${digits}` : undefined
}

/** Far beyond any id of CloudTalk's, and short enough for every index: PostgreSQL takes 2,704 bytes. */
const LONGEST_ID = 255

/** Whether it can be an id. */
export const isId = (id: string): boolean => id.length <= LONGEST_ID

/**
 * What a webhook names records by, which its account can fill with anything.
 * @throws {CloudTalkError} `unreadable`, naming the one that is no id.
 */
export function checkIds(route: string, ids: Record<string, string | undefined>): void {
  const long = Object.keys(ids).find((path) => !isId(ids[path] ?? ''))
  if (long === undefined) return
  const issue = `an id has at most ${LONGEST_ID} characters; see what the workflow puts there`
  throw new CloudTalkError(route, { kind: 'unreadable', path: long, issue })
}

export const optionalPhone = scalar.transform(phoneFromWire)

/**
 * An ISO UTC string from the three forms on the wire: with offset (observed), with Z (spec) and naive, which
 * is read as UTC (contract §1.5). Undefined when it is no date.
 */
export function dateFromWire(value: string): string | undefined {
  const iso = value.trim().replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T')
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(iso.slice(10)) ? iso : iso.length > 10 ? `${iso}Z` : iso
  const date = new Date(zoned)
  // There is no year 0 in PostgreSQL.
  return /^\d{4}-\d{2}-\d{2}/.test(iso) && date.getUTCFullYear() > 0 ? date.toISOString() : undefined
}

/** A date or nothing; something that is neither is an error, since a lost end date would keep a call open. */
export const optionalDate = z
  .string()
  .nullish()
  .transform((value, ctx) => {
    if (value === null || value === undefined || value.trim() === '') return undefined
    const iso = dateFromWire(value)
    if (iso) return iso
    ctx.addIssue({ code: 'custom', message: 'expected a date' })
    return z.NEVER
  })

/** Relations come as one object, an array, null or not at all (contract §1.7 "one-or-many"). */
export const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => {
    if (value === null || value === undefined || value === '') return []
    return Array.isArray(value) ? value : [value]
  }, z.array(item))

/** A related record that is absent when its id is: null, an empty list, or an object with a null id. */
export const optionalRecord = <T extends z.ZodType>(record: T) =>
  z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const key = (value as { id?: unknown }).id
    return key === null || key === undefined || key === '' || key === 0 || key === '0' ? undefined : value
  }, record.optional())

export const present = <T>(values: (T | undefined)[]): T[] =>
  values.filter((value): value is T => value !== undefined)

/** An id as the JSON integer that request bodies want (contract §2.3). */
export const idToWire = (value: string): string | number => (/^\d{1,15}$/.test(value) ? Number(value) : value)
