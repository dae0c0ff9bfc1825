import { z } from 'zod'
import { outcomeKinds, type ReasonCode, reasons } from '../../mapping/reasons.ts'
import { ROLES } from '../auth/roles.ts'

/** What several routes take or answer. A schema with an id is a type of its own in the document. */

/** A moment: in JSON an ISO date and time. */
export const time = z.date()
export const role = z.enum(ROLES).meta({ id: 'Role' })
export const vendor = z.enum(['cloudtalk', 'kustomer']).meta({ id: 'Vendor' })
export const kind = z.enum(['customer', 'contact', 'call', 'message']).meta({ id: 'RecordKind' })
export const outcome = z.enum(outcomeKinds).meta({ id: 'Outcome' })
/** Asked for: `in-sync` are all that neither wait nor were left out or failed. */
export const outcomeAsked = z.enum([...outcomeKinds, 'in-sync']).meta({ id: 'OutcomeAsked' })
export const reason = z
  .enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]])
  .meta({ id: 'Reason', description: 'docs/reasons.md explains each' })
export const countByReason = z.partialRecord(reason, z.int()).meta({ id: 'CountByReason' })

/** Of lists that come page by page. */
export const next = z
  .string()
  .optional()
  .meta({ description: 'where the list goes on; without it, this is its end' })
/** Of the parameter that names where a page begins. */
export const AFTER = { description: 'the `next` of the page above' }

/** What an undo does to a record; each a sentence. */
export const undoing = z
  .object({ takenBack: z.array(z.string()), stays: z.array(z.string()) })
  .meta({ id: 'Undoing' })

/** Every refusal: what happened, and what to do. */
export const refusal = z.object({ error: z.string(), whatToDo: z.string() }).meta({ id: 'Refusal' })

export const byId = z.object({ id: z.string().min(1) })
export const byUuid = z.object({ id: z.uuid() })
