import { z } from 'zod'
import type { KustomerFailure } from './errors.ts'

/** Values that Kustomer keeps unique across the org (§2.4), by any of the names an error may use. */
const UNIQUE = /^(email|phone|whatsapp|externalId|social)s?$/i

const DUPLICATE = /duplicate|conflict|already (exists|in use|taken)/i
const UNKNOWN_KEY = /additional propert/i
const MISSING = /missing|required/i

/** Bad gateway, gateway time-out: whoever answers so has passed the request on. */
const GATEWAY = new Set([502, 504])

/** A text, or a status that is sometimes a number (§1.6); anything else is as good as absent. */
const loose = z.coerce.string().catch('')

const entrySchema = z.looseObject({
  code: loose.optional(),
  title: loose.optional(),
  detail: loose.optional(),
  message: loose.optional(),
  source: z
    .looseObject({
      parameter: loose.optional(),
      parameters: z.union([loose, z.array(loose)]).optional(),
      pointer: loose.optional(),
    })
    .nullish()
    .catch(undefined),
})

type Entry = z.output<typeof entrySchema>

/** All three published envelopes are lists under `errors` (§1.6); a body without one tells nothing. */
const entriesOf = (body: unknown): Entry[] => {
  const read = z.object({ errors: z.array(z.unknown()) }).safeParse(body)
  if (!read.success) return []
  return read.data.errors
    .map((entry) => entrySchema.safeParse(entry).data)
    .filter((entry) => entry !== undefined)
}

/** Only what looks like a field name: an answer that puts a value there must not carry it into messages. */
const FIELD = /^(?!.*\d{5})[A-Za-z_][\w.[\]-]{0,79}$/

const fieldsOf = ({ source, message = '' }: Entry, sent: ReadonlySet<string>): string[] => {
  const named = [source?.parameter, ...[source?.parameters].flat()].filter((name) => name !== undefined)
  const pointed = source?.pointer?.replace(/^\/?(data\/attributes\/)?/, '').replaceAll('/', '.')
  const fields = [...named, ...(pointed ? [pointed] : [])].filter((name) => FIELD.test(name))
  return fields.length > 0 ? fields : fieldsIn(message, sent)
}

/**
 * The portal's shape names a field in its text alone (§1.6), and with no wording published: at its head, in quotes, or
 * last after a colon. Only what we have sent counts, or what is missing, so no other word of it is taken for a field.
 */
const fieldsIn = (message: string, sent: ReadonlySet<string>): string[] => {
  const text = message.replace(/[\s.]+$/, '')
  const head = text.match(/^\S+/) ?? []
  const quoted = [...text.matchAll(/["'`]([^"'`\s]+)["'`]/g)].flatMap(([, name]) => name ?? [])
  const last = text.match(/:\s*([^:]+)$/)?.[1]?.split(/,\s*/) ?? []
  const wasSent = (name: string) => partsOf(name).some((part) => sent.has(part))
  const isMissing = MISSING.test(text)
  const named = [
    ...head.filter(wasSent),
    ...[...quoted, ...last].filter((name) => isMissing || wasSent(name)),
  ]
  return named.filter((name) => FIELD.test(name))
}

const partsOf = (field: string): string[] => field.split(/[.[\]]/)

const keysOf = (body: unknown): ReadonlySet<string> =>
  new Set(
    [body].flat().flatMap((item) => (typeof item === 'object' && item !== null ? Object.keys(item) : [])),
  )

const textOf = ({ code, title, detail, message }: Entry): string =>
  [code, title, detail, message].filter((text) => text !== undefined && text !== '').join(': ')

/**
 * What an answer other than 2xx means.
 *
 * @param isWrite Only a write can meet a duplicate: a look-up that names `phone` has a bad phone.
 * @param asked the body that was sent.
 */
export const failureOf = (
  { status, headers, body }: { status: number; headers: Headers; body: unknown },
  isWrite: boolean,
  asked: unknown,
): KustomerFailure => {
  const sent = keysOf(asked)
  const entries = entriesOf(body)
  const fields = [...new Set(entries.flatMap((entry) => fieldsOf(entry, sent)))]
  switch (status) {
    case 401:
      return { kind: 'unauthorized' }
    case 402:
    case 403:
      return { kind: 'forbidden' }
    case 404:
      return { kind: 'notFound' }
    case 409:
      return { kind: 'conflict', fields }
    case 410:
      return { kind: 'gone' }
    case 413:
      return { kind: 'tooLarge' }
    case 429:
      return { kind: 'rateLimited', ...retryAtOf(headers) }
  }
  if (isWrite && GATEWAY.has(status)) return { kind: 'unreachable', cause: 'gateway', maybeDone: true }
  if (status < 400 || status === 408 || status >= 500) return { kind: 'unavailable', status }
  if (isWrite && entries.some((entry) => isDuplicate(entry, sent))) return { kind: 'conflict', fields }
  return { kind: 'rejected', fields, detail: entries.map(textOf).join('; ') }
}

/** The contract's rule for 400 (§2.4): it names a unique field, or says duplicate; a key that does not exist is neither. */
const isDuplicate = (entry: Entry, sent: ReadonlySet<string>): boolean => {
  const text = textOf(entry)
  if (UNKNOWN_KEY.test(text)) return false
  return (
    DUPLICATE.test(text) ||
    fieldsOf(entry, sent).some((field) => partsOf(field).some((part) => UNIQUE.test(part)))
  )
}

/** `Retry-After` if a proxy sends one, else `x-ratelimit-reset` in epoch seconds (§1.4). */
const retryAtOf = (headers: Headers): { retryAt?: number } => {
  const after = headers.get('retry-after')
  if (after !== null) {
    const seconds = Number(after)
    const at = Number.isNaN(seconds) ? Date.parse(after) : Date.now() + seconds * 1_000
    if (!Number.isNaN(at)) return { retryAt: at }
  }
  const resetAt = resetAtOf(headers)
  return resetAt === undefined ? {} : { retryAt: resetAt }
}

/** When the limit window ends, epoch milliseconds; many answers do not say (§1.4). */
export const resetAtOf = (headers: Headers): number | undefined => {
  const seconds = Number(headers.get('x-ratelimit-reset') ?? Number.NaN)
  return seconds > 0 ? seconds * 1_000 : undefined
}
