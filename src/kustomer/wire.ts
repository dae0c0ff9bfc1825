import { z } from 'zod'
import { KustomerError } from './errors.ts'

/**
 * Reads something that came from Kustomer.
 *
 * @param what The route, or what was being read, for the message.
 * @throws {KustomerError} `unreadable`, naming the path.
 */
export const read = <T>(what: string, schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new KustomerError(what, {
    kind: 'unreadable',
    path: issue?.path.map(String).join('.') ?? '',
    issue: issue?.message ?? 'unreadable',
  })
}

/** Null and absent are the same to us: Kustomer uses both (§2.2). */
export const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => value ?? undefined)

export const text = optional(z.string())
export const number = optional(z.number())
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)

/** A list that may be absent, null, or have holes. */
export const list = <S extends z.ZodType>(schema: S) =>
  z
    .array(schema.nullable())
    .nullish()
    .transform((items) => (items ?? []).filter((item) => item !== null))

const relation = optional(z.looseObject({ data: optional(z.looseObject({ id: z.string() })) })).transform(
  (related) => related?.data?.id,
)

/** The relationships that we follow; of the others nothing is asked, not even a shape. */
const relations = z
  .looseObject({
    company: relation,
    createdBy: relation,
    modifiedBy: relation,
    customer: relation,
    conversation: relation,
  })
  .nullish()

/** An ISO time (§1.5) of a year that PostgreSQL has, too. */
export const time = optional(z.iso.datetime({ offset: true }).refine((value) => !value.startsWith('0000')))

const LARGEST_REV = 2_147_483_647

/** Counts the writes of a record, from 1 (§1.7); 0 when an answer leaves it out. */
export const rev = z
  .int()
  .min(0)
  .max(LARGEST_REV)
  .nullish()
  .transform((value) => value ?? 0)

type Links = {
  companyId: string | undefined
  createdById: string | undefined
  modifiedById: string | undefined
  customerId: string | undefined
  conversationId: string | undefined
}

/** One JSON:API resource, flattened: its id, its attributes, and the ids of what it belongs to. */
export const resource = <A extends object>(attributes: z.ZodType<A>): z.ZodType<{ id: string } & A & Links> =>
  z
    .looseObject({ id: z.string().min(1), attributes, relationships: relations })
    .transform(({ id, attributes: own, relationships }) => ({
      id,
      ...own,
      companyId: relationships?.company,
      createdById: relationships?.createdBy,
      modifiedById: relationships?.modifiedBy,
      customerId: relationships?.customer,
      conversationId: relationships?.conversation,
    }))

/** A single record in its envelope. */
export const single = <T>(schema: z.ZodType<T>): z.ZodType<T> =>
  z.looseObject({ data: schema }).transform(({ data }) => data as T)

/** One page of a list; `next` is the path of the next one (§1.5). */
export type Page<T> = {
  items: T[]
  /** Rows that the contract does not describe: which, as far as they say it, and what is wrong. */
  unreadable: { id: string | undefined; path: string }[]
  next?: string
  total?: number
  totalPages?: number
}

/** A page of records in its envelope; only some endpoints know totals (§1.5). */
export const paged = <T>(schema: z.ZodType<T>): z.ZodType<Page<T>> =>
  z
    .looseObject({
      data: z.array(z.unknown()),
      links: optional(z.looseObject({ next: text })),
      meta: optional(z.looseObject({ total: number, totalPages: number })),
    })
    .transform(
      ({ data, links, meta }): Page<T> => ({
        ...sortRows(data, schema),
        ...(links?.next !== undefined && { next: links.next }),
        ...(meta?.total !== undefined && { total: meta.total }),
        ...(meta?.totalPages !== undefined && { totalPages: meta.totalPages }),
      }),
    )

/** One strange record must not hide the others of its page. */
function sortRows<T>(rows: readonly unknown[], schema: z.ZodType<T>): Pick<Page<T>, 'items' | 'unreadable'> {
  const items: T[] = []
  const unreadable: Page<T>['unreadable'] = []
  for (const [index, row] of rows.entries()) {
    const parsed = schema.safeParse(row)
    if (parsed.success) items.push(parsed.data)
    else {
      const path = parsed.error.issues[0]?.path ?? []
      unreadable.push({ id: identified.safeParse(row).data?.id, path: ['data', index, ...path].join('.') })
    }
  }
  return { items, unreadable }
}

const identified = z.looseObject({ id: z.string().min(1) })

/** Which page, from 1, and how many rows: most lists give 100 at most, users, teams and search 500 (§1.5). */
export type PageRequest = { page?: number; pageSize?: number }
