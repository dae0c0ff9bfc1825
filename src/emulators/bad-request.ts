import type { z } from 'zod'

/** Thrown while a control request is read; the emulator answers it as 400 `{ error }`. */
export class BadRequest extends Error {}

/** Reads a control's body with a schema, or throws a {@link BadRequest} that names every wrong field. */
export const readBody = <T extends z.ZodType>(schema: T, input: unknown): z.output<T> => {
  const read = schema.safeParse(input)
  if (read.success) return read.data
  const problems = read.error.issues.map(({ path, message }) => {
    const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
    return field === '' ? message : `${field.replace(/^\./, '')}: ${message}`
  })
  throw new BadRequest(problems.join('; '))
}
