import { z } from 'zod'

const criterion = z.record(z.string(), z.unknown())
const criteria = z.union([z.array(criterion), criterion])

/** The body of a search; `aggs`, `fields` and `searchHash` are taken and change nothing here (contract §2.6). */
export const searchBody = z.strictObject({
  searchHash: z.string().optional(),
  queryContext: z.string().optional(),
  includeDeleted: z.boolean().optional(),
  timeZone: z.string().optional(),
  and: criteria.optional(),
  or: criteria.optional(),
  not: criteria.optional(),
  sort: criteria.optional(),
  aggs: criterion.optional(),
  fields: z.array(criterion).optional(),
})
