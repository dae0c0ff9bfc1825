/** Characters that people never type but that arrive: PostgreSQL's jsonb refuses both, with the whole statement. */
const REFUSED = /\\u0000|\\ud[89a-f]/i

/** JSON that PostgreSQL takes: without NUL characters and halves of surrogate pairs. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value)
  return REFUSED.test(json) ? JSON.stringify(value, clean) : json
}

/** The same as a value, for those who make the JSON themselves. */
export function storable<T>(value: T): T {
  const json = JSON.stringify(value)
  return REFUSED.test(json) ? (JSON.parse(JSON.stringify(value, clean)) as T) : value
}

const clean = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value
