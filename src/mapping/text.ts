const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The largest index, not above `at`, where `value` can be cut without splitting a character as people see it. */
export const wholeCharacters = (value: string, at: number): number =>
  at >= value.length ? value.length : (graphemes.segment(value).containing(at)?.index ?? 0)

/**
 * Shortens a value to at most `max` UTF-16 units (what both vendors' limits are safe under), at a word, ending
 * in `…`. One word longer than the limit is cut hard.
 */
export const cutAtWord = (value: string, max: number): { value: string; cut: boolean } => {
  if (value.length <= max) return { value, cut: false }
  if (max < 1) return { value: '', cut: true }
  const end = wholeCharacters(value, max - 1)
  const atWordEnd = /\s/.test(value.charAt(end))
  const words = atWordEnd ? value.slice(0, end) : value.slice(0, end).replace(/\S*$/, '')
  const kept = words.replace(/[\s,;:]+$/, '') || value.slice(0, end)
  return { value: `${kept}…`, cut: true }
}

/** A value for one line: newlines and tabs become one space, other control characters go. */
export const oneLine = (value: string): string =>
  value
    .toWellFormed()
    .replace(/[\s\u0085]+/g, (gap) => (/[^\p{Zs}\ufeff]/u.test(gap) ? ' ' : gap))
    .replace(/\p{Cc}/gu, '')
    .trim()

/**
 * A value that keeps its lines: every kind of line break becomes a plain one and a tab a space, other control
 * characters go, and so does the white space at the end.
 */
export const textLines = (value: string): string =>
  value
    .toWellFormed()
    .replace(/\r\n|[\r\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(/\t/g, ' ')
    .replace(/[^\P{Cc}\n]/gu, '')
    .trimEnd()

/** Values as lines, the blank ones left out. */
export const filled = (values: (string | null | undefined)[]): string[] =>
  values.map((value) => oneLine(value ?? '')).filter((value) => value !== '')

/** Letters that people type without their accent, although Unicode does not take them apart. */
const plainLetters: Record<string, string> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ς: 'σ',
}

/**
 * The form in which two names are the same: trimmed, case- and accent-folded, one space.
 * Only the Latin, Greek and Cyrillic accents fold: in Hindi, Thai or Japanese the marks are what tells names apart.
 */
export const nameKey = (name: string): string =>
  name
    .normalize('NFKD')
    // Through upper case, so that ß and SS meet; through lower case first, for ẞ has no other way there.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\p{Cf}]/gu, '')
    .replace(/[łøđðħıæœþς]/g, (letter) => plainLetters[letter] ?? letter)
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim()

const placeholders = new Set(
  [
    'unknown, anonymous, anonym, unnamed, untitled, no name, noname, nameless, nobody, none, null, undefined, na, n a',
    'guest, visitor, user, customer, client, caller, contact, person, test, new customer, new contact, new user',
    'unknown caller, unknown customer, unknown contact, unknown user, unknown visitor, unknown number, unknown name',
    'anonymous caller, anonymous customer, anonymous user, anonymous visitor, anonymous guest, anonymous contact',
    'private, private number, private caller, withheld, withheld number, blocked, restricted, hidden, hidden number',
    'no caller id, caller id, not available, unavailable, not provided, not known, wireless caller',
    'unbekannt, inconnu, anonyme, desconocido, anonimo, sconosciuto, onbekend, neznamy, neznamy volajici, anonymni',
    'tel, phone, mobile, ext, x, whatsapp, whatsapp user',
  ].flatMap((names) => names.split(', ')),
)

/** Whether a name says nothing about who it is: empty, "unknown" and its kind, a number, an email. */
export const isPlaceholderName = (name: string): boolean => {
  const key = nameKey(name)
  if (/^\S+@\S+$/.test(key)) return true
  const words = key.replace(/[^\p{L}\p{M}]+/gu, ' ').trim()
  return words === '' || placeholders.has(words)
}

const hoursMinutesSeconds = (seconds: number): [hours: number, minutes: number, seconds: number] => {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.trunc(seconds)) : 0
  return [Math.trunc(whole / 3600), Math.trunc((whole % 3600) / 60), whole % 60]
}

/** Seconds as people read them: `45s`, `3m 0s`, `1h 0m 5s`. Every unit below the largest is shown. */
export const duration = (seconds: number): string => {
  const [h, m, s] = hoursMinutesSeconds(seconds)
  if (h > 0) return `${h}h ${m}m ${s}s`
  return m > 0 ? `${m}m ${s}s` : `${s}s`
}

/** Seconds as a player shows them: `0:45`, `3:00`, `1:00:05`. */
export const clockTime = (seconds: number): string => {
  const [h, m, s] = hoursMinutesSeconds(seconds)
  const two = (part: number) => String(part).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
