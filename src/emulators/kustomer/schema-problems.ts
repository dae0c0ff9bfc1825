import type { z } from 'zod'
import { KustomerError, type Problem } from './errors.ts'

/** Reads a body, or refuses it as the vendor's schema check does: 400 badparam naming the field (contract §1.6). */
export function readBodyAs<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const read = schema.safeParse(body, { reportInput: true })
  if (read.success) return read.data
  throw new KustomerError(400, read.error.issues.flatMap(problemsOf))
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const detail = `${schemaPath(issue.path)}/additionalProperties`
    return issue.keys.map((parameter) => ({
      code: 'badparam',
      title: 'Additional properties not allowed',
      parameter,
      detail,
    }))
  }
  const missing = issue.input === undefined && issue.code !== 'custom'
  return [
    {
      code: 'badparam',
      title: missing ? 'Missing required property' : 'Invalid value',
      parameter: at.join('.') || 'body',
      detail: `${schemaPath(issue.path)}/${missing ? 'required' : keywordOf(issue)}`,
    },
  ]
}

const schemaPath = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === 'number' ? '/items' : `/properties/${String(part)}`)).join('')

/** The JSON Schema keyword that a zod issue stands for. */
function keywordOf(issue: z.core.$ZodIssue): string {
  const countable = { string: 'Length', array: 'Items' } as Record<string, string | undefined>
  switch (issue.code) {
    case 'too_big':
      return countable[issue.origin] ? `max${countable[issue.origin]}` : 'maximum'
    case 'too_small':
      return countable[issue.origin] ? `min${countable[issue.origin]}` : 'minimum'
    case 'invalid_format':
      return 'format'
    case 'invalid_value':
      return 'enum'
    case 'invalid_union':
      return 'anyOf'
    case 'custom':
      return issue.message
    default:
      return 'type'
  }
}
