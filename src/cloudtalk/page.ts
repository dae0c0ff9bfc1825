import { z } from 'zod'
import { CloudTalkError } from './errors.ts'
import type { Request, Transport } from './transport.ts'
import { number } from './wire.ts'

/** One page of a list; `itemsCount` is the total over all pages (contract §1.4). */
export type Page<T> = { items: T[]; itemsCount: number; pageCount: number; page: number }

/** `page` from 1, `limit` 1..1000; the default limit is unknown, so always say one (contract §1.4). */
export type PageQuery = { page: number; limit: number }

/** Reads a page. Past the end the vendor may answer an empty list or 404 (unknown, §1.4): both are empty. */
export async function readPage<T extends z.ZodType>(
  transport: Transport,
  path: string,
  query: PageQuery & NonNullable<Request['query']>,
  row: T,
): Promise<Page<z.output<T>>> {
  try {
    const { responseData } = await transport.json({ method: 'GET', path, query }, envelope(row))
    return {
      items: responseData.data,
      itemsCount: responseData.itemsCount,
      pageCount: responseData.pageCount,
      page: responseData.pageNumber ?? query.page,
    }
  } catch (error) {
    const pastTheEnd = error instanceof CloudTalkError && error.failure.kind === 'notFound' && query.page > 1
    if (!pastTheEnd) throw error
    return { items: [], itemsCount: 0, pageCount: 0, page: query.page }
  }
}

const envelope = <T extends z.ZodType>(row: T) =>
  z.object({
    responseData: z.object({
      itemsCount: number,
      pageCount: number,
      pageNumber: number.optional(),
      data: z
        .array(row)
        .nullable()
        .transform((rows) => rows ?? []),
    }),
  })
