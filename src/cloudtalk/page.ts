import { z } from 'zod'
import { CloudTalkError } from './errors.ts'
import type { Request, Transport } from './transport.ts'
import { id, number } from './wire.ts'

/** One page of a list; `itemsCount` is the total over all pages (contract §1.4). */
export type Page<T> = {
  items: T[]
  /** Rows that the contract does not describe: which, as far as they say it, and what is wrong. */
  unreadable: { id: string | undefined; path: string }[]
  itemsCount: number
  pageCount: number
  page: number
}

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
    const { responseData } = await transport.json({ method: 'GET', path, query }, envelope)
    return {
      ...sortRows(responseData.data, row),
      itemsCount: responseData.itemsCount,
      pageCount: responseData.pageCount,
      page: responseData.pageNumber ?? query.page,
    }
  } catch (error) {
    const pastTheEnd = error instanceof CloudTalkError && error.failure.kind === 'notFound' && query.page > 1
    if (!pastTheEnd) throw error
    return { items: [], unreadable: [], itemsCount: 0, pageCount: 0, page: query.page }
  }
}

/** One strange row must not hide the thousand others of its page. */
function sortRows<T extends z.ZodType>(
  rows: readonly unknown[],
  schema: T,
): Pick<Page<z.output<T>>, 'items' | 'unreadable'> {
  const items: z.output<T>[] = []
  const unreadable: Page<never>['unreadable'] = []
  for (const [index, row] of rows.entries()) {
    const parsed = schema.safeParse(row)
    if (parsed.success) items.push(parsed.data)
    else {
      const path = parsed.error.issues[0]?.path ?? []
      unreadable.push({ id: idOfRow(row), path: ['responseData.data', index, ...path].join('.') })
    }
  }
  return { items, unreadable }
}

/** Every row has one object with an id of its own: `Cdr`, `Contact`, `Agent`. */
function idOfRow(row: unknown): string | undefined {
  const [first] = typeof row === 'object' && row !== null ? Object.values(row) : []
  const parsed = z.object({ id }).safeParse(first)
  return parsed.success ? parsed.data.id : undefined
}

const envelope = z.object({
  responseData: z.object({
    itemsCount: number,
    pageCount: number,
    pageNumber: number.optional(),
    data: z
      .array(z.unknown())
      .nullable()
      .transform((rows) => rows ?? []),
  }),
})
