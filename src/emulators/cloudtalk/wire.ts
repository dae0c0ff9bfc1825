/** How the main host writes things (contract §1.5–§1.7). */

/** Resource numbers are strings; what is empty is null. */
export const numeric = (value: number | null): string | null => (value === null ? null : String(value))

/** Empty scalars are null (§1.7). */
export const orNull = (text: string): string | null => (text === '' ? null : text)

/** Index rows and webhooks lack the `+` (§1.7, §5A). */
export const withoutPlus = (number: string): string => number.replace(/^\+/, '')

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
}

/** Every text of an answer is HTML-escaped (§1.6: seen for `&`). */
export const escapeTexts = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)
  if (Array.isArray(value)) return value.map(escapeTexts)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeTexts(inner)]))
  return value
}

const zone = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Bratislava',
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** `2026-07-01T14:00:00+02:00`: the server's zone, not the company's, and no milliseconds (§1.5). */
export const offsetDate = (iso: string): string => {
  const at = new Date(iso)
  const [day, month, year, time] = zone.format(at).split(/[/, ]+/)
  const local = `${year}-${month}-${day}T${time}`
  const hours = Math.round((Date.parse(`${local}Z`) - at.getTime()) / 3_600_000)
  return `${local}+0${hours}:00`
}

/** Relations of an index row: left out when empty, bare when single, a list otherwise (§1.7). */
export const oneOrMany = <T>(items: readonly T[]): T | readonly T[] | undefined =>
  items.length < 2 ? items[0] : items
