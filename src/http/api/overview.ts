import { z } from 'zod'
import { abilitiesOf } from '../auth/roles.ts'
import { faresOf, needsOfAll } from '../console/needs.ts'
import { route } from './route.ts'
import { countByReason, outcome, role, time, vendor } from './schemas.ts'

const subject = 'Overview'

const kindSummary = z
  .object({
    total: z.int(),
    byOutcome: z.partialRecord(outcome, z.int()),
    byReason: countByReason,
    failedByReason: countByReason.meta({ description: 'of those that have failed' }),
  })
  .meta({ id: 'KindSummary' })

export const overviewRoutes = [
  route({
    method: 'get',
    path: '/me',
    subject,
    does: 'Who asks with this token, and what the role allows.',
    ability: 'look',
    ofConnection: false,
    answer: z.object({ name: z.string(), role, abilities: z.array(z.string()) }),
    handle: async ({ caller: { name, role } }) => ({ name, role, abilities: abilitiesOf(role) }),
  }),
  route({
    method: 'get',
    path: '/connections',
    subject,
    does: 'All connections; the first is meant where none is named.',
    ability: 'look',
    ofConnection: false,
    answer: z.object({
      connections: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          org: z.string().meta({ description: 'acme in acme.kustomerapp.com' }),
        }),
      ),
    }),
    handle: async ({ connections }) => ({
      connections: connections.map(({ id, name, org }) => ({ id, name, org })),
    }),
  }),
  route({
    method: 'get',
    path: '/summary',
    subject,
    does: 'How the records stand now, by kind, outcome and reason, and what needs a person.',
    ability: 'look',
    answer: z.object({
      customers: kindSummary,
      contacts: kindSummary,
      calls: kindSummary,
      messages: kindSummary,
      reviews: z.int().meta({ description: 'that wait for a person' }),
      requests: z
        .object({ cloudtalk: z.int(), kustomer: z.int() })
        .meta({ description: 'that this process has had answered since its start' }),
      away: z
        .array(
          z.object({
            vendor,
            cause: z.enum(['away', 'refused']),
            sentence: z.string(),
            since: time,
            probeAt: time.meta({ description: 'when it is asked next' }),
          }),
        )
        .meta({ description: 'vendors that get no requests at present' }),
      proof: z
        .object({ day: z.string(), provedAt: z.string(), unexplained: z.int() })
        .optional()
        .meta({ description: 'the latest day that was proved' }),
    }),
    handle: ({ connection }) => connection.operations.summary(),
  }),
  route({
    method: 'get',
    path: '/health',
    subject,
    does: 'How the service fares at this moment: request budgets, lag, when each side was last heard of, the last day by hour.',
    ability: 'look',
    answer: z.object({
      budgets: z.array(
        z.object({
          name: z.string(),
          limit: z.int().meta({ description: 'requests a minute' }),
          used: z.int().meta({ description: 'in the present minute, by whomever' }),
          liveShare: z.number().meta({ description: 'part of the limit that live events may take, 0 to 1' }),
          backfillShare: z.number(),
        }),
      ),
      oldestPending: time.optional().meta({ description: 'when the event that waits longest was raised' }),
      seen: z
        .object({
          'webhook/kustomer': time.optional(),
          'webhook/cloudtalk': time.optional(),
          poll: time.optional(),
        })
        .catchall(time.optional())
        .meta({
          description:
            'when each was last heard of; workflows as workflow/Call Ended, and what was refused as refused/cloudtalk',
        }),
      lastDay: z.array(z.object({ hour: time, outcome, count: z.int() })),
      registration: z
        .union([
          z.object({ at: time.meta({ description: 'when that was last seen to' }) }),
          z.object({ problem: z.string(), since: time }),
        ])
        .optional()
        .meta({ description: 'whether Kustomer sends its webhooks here; none before the first try' }),
    }),
    handle: async ({ connection: { watching } }) => ({
      ...(await watching.health()),
      registration: watching.registration(),
    }),
  }),
  route({
    method: 'get',
    path: '/needs',
    subject,
    does: 'What needs a person, of every connection, the gravest first; nothing where all is well.',
    ability: 'look',
    ofConnection: false,
    answer: z.object({
      connections: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          runs: z.boolean(),
          needs: z.array(
            z.object({
              tone: z.enum(['bad', 'busy', 'calm']).meta({
                description: 'bad: something stands still; busy: less goes on; calm: somebody is to decide',
              }),
              what: z.string(),
              since: time.optional(),
              whatToDo: z.string(),
              at: z
                .object({
                  path: z.string(),
                  query: z.record(z.string(), z.string()).optional(),
                  ability: z.string(),
                })
                .optional()
                .meta({ description: 'the page of the console where it is seen to, and what that takes' }),
            }),
          ),
        }),
      ),
    }),
    handle: async ({ configuring, connections, now }) => {
      const running = await Promise.all(connections.map(faresOf))
      return { connections: needsOfAll(await configuring.connections(), running, now()) }
    },
  }),
  route({
    method: 'get',
    path: '/pending',
    subject,
    does: 'How many events are not settled yet, those that come later included.',
    ability: 'look',
    answer: z.object({ events: z.int() }),
    handle: async ({ connection }) => ({ events: await connection.operations.pending() }),
  }),
]
