import { z } from 'zod'
import { settingsSchema } from '../../mapping/settings.ts'
import { route } from './route.ts'
import { kind, reason } from './schemas.ts'

const tableId = z.enum([
  'contact',
  'customer',
  'call-conversation',
  'call-note',
  'message-conversation',
  'message-note',
])
const table = z
  .object({
    id: tableId,
    title: z.string(),
    target: z.string(),
    source: z.string(),
    rows: z.array(
      z.object({
        key: z.string().meta({ description: 'by which a sample names its value' }),
        target: z.string(),
        source: z.string(),
        rule: z.string(),
      }),
    ),
    notMapped: z
      .array(z.object({ field: z.string(), rule: z.string() }))
      .meta({ description: 'never written and never cleared' }),
  })
  .meta({ id: 'FieldTable' })
const form = z
  .object({
    form: z.enum([
      'conversationChannels',
      'noteSubject',
      'conversationWithoutCustomer',
      'contactEditWithoutName',
    ]),
    what: z.string(),
    use: z
      .enum(['literal', 'nearest', 'untried'])
      .meta({ description: 'untried: the next one tries it literally' }),
    literal: z.string(),
    nearest: z.string(),
  })
  .meta({ id: 'Form' })
const sample = z
  .object({
    kind,
    id: z.string(),
    leftOut: reason.optional().meta({ description: 'why the record is left out all the same' }),
    remark: z.string().optional(),
    values: z.record(
      z.string(),
      z.object({
        lines: z.array(z.string()).meta({ description: 'none where the field stays empty' }),
        unknown: z.string().optional().meta({ description: 'why the value is not known here' }),
      }),
    ),
  })
  .meta({ id: 'MappingSample' })

export const mappingRoutes = [
  route({
    method: 'get',
    path: '/mapping',
    subject: 'Mapping',
    does: 'The mapping in force, which forms are in use, and what both make of one record of each kind.',
    ability: 'oversee',
    query: z.strictObject({
      q: z.string().trim().min(1).optional().meta({
        description:
          'samples of what this finds: a number, a name, an email, or an id; without it, of what was synced last',
      }),
    }),
    answer: z.object({
      settings: settingsSchema,
      forms: z.array(form),
      tables: z.array(table),
      samples: z.partialRecord(tableId, sample),
    }),
    handle: ({ connection }, { query: { q } }) => connection.watching.mapping(q),
  }),
]
