import { z } from 'zod'
import { id } from './wire.ts'

/** Answer to every add: `{"responseData":{"status":201,"data":{"id":"12345"}}}` (contract §2.3). */
export const createdAnswer = z
  .object({ responseData: z.object({ data: z.object({ id }) }) })
  .transform((answer) => ({ id: answer.responseData.data.id }))
