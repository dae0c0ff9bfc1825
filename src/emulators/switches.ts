import type { z } from 'zod'
import { BadRequest, readBody } from './bad-request.ts'

export type Switches<T extends object> = {
  current: () => T
  /** Merge-patch. @throws {BadRequest} Names a switch that does not exist, or a value that does not fit. */
  patch: (input: unknown) => T
}

/**
 * A vendor's variants. Every field of the schema needs a default: the choice that the contract calls the likeliest.
 */
export const createSwitches = <S extends z.ZodObject>(schema: S): Switches<z.output<S>> => {
  let values = readBody(schema, {})
  return {
    current: () => values,
    patch: (input) => {
      if (typeof input !== 'object' || input === null || Array.isArray(input))
        throw new BadRequest('expected an object of switches')
      const unknown = Object.keys(input).filter((name) => !(name in schema.shape))
      if (unknown.length > 0)
        throw new BadRequest(
          `unknown switch ${unknown.join(', ')}; there are ${Object.keys(schema.shape).join(', ')}`,
        )
      values = readBody(schema, { ...values, ...input })
      return values
    },
  }
}
