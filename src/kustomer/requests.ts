import type { z } from 'zod'
import { KustomerError } from './errors.ts'
import type { KustomerRequest, Transport } from './transport.ts'
import { read } from './wire.ts'

/** Sends a request and reads its answer. */
export const ask = async <T>(
  transport: Transport,
  schema: z.ZodType<T>,
  request: KustomerRequest,
): Promise<T> => read(`${request.method} ${request.route}`, schema, await transport(request))

/** Like {@link ask}; undefined when there is no such record. */
export const find = async <T>(
  transport: Transport,
  schema: z.ZodType<T>,
  request: KustomerRequest,
): Promise<T | undefined> => {
  try {
    return await ask(transport, schema, request)
  } catch (error) {
    if (error instanceof KustomerError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}

/** The path of one record; an id from anywhere else must not reach another path. */
export const idPath = (folder: string, id: string, rest = ''): string =>
  `${folder}/${encodeURIComponent(id)}${rest}`
