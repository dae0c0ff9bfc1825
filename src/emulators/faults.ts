import { z } from 'zod'
import { readBody } from './bad-request.ts'
import { createRandom, type Random } from './random.ts'

const rate = z.number().min(0).max(1)

const ruleSchema = z.strictObject({
  /** A route as the request log names it, such as `POST /bulk/contacts.json`; `*` is every route. */
  route: z.string().min(1),
  rate: rate.default(1),
  kind: z.enum(['status', 'timeout', 'reset', 'lostAnswer', 'slow']),
  /** Only for `status`. */
  status: z.number().int().min(400).max(599).optional(),
  /** Only for `slow`: how long the answer waits, in milliseconds. */
  ms: z.number().min(0).max(600_000).optional(),
})

const faultsSchema = z.strictObject({
  rules: z.array(ruleSchema).default([]),
  webhooks: z
    .strictObject({
      /** Share of deliveries that never leave. */
      drop: rate.default(0),
      /** Share of deliveries that are made twice. */
      duplicate: rate.default(0),
      /** Every delivery waits this long, in milliseconds. */
      delayMs: z.number().min(0).max(600_000).default(0),
      /** Deliveries overtake each other. */
      shuffle: z.boolean().default(false),
    })
    .prefault({}),
})

export type FaultRule = z.output<typeof ruleSchema>
export type FaultSet = z.output<typeof faultsSchema>

export type Faults = {
  current: () => FaultSet
  /** @throws {BadRequest} If the set is not readable; the old one then stays. */
  replace: (input: unknown) => FaultSet
  /** The first rule that matches the route and whose dice fell; undefined = behave. */
  strike: (route: string) => FaultRule | undefined
  /** The dice of this emulator, for the webhook sender. */
  random: Random
  /** No faults, and the dice as at the start. */
  clear: () => void
}

/** Faults on purpose, the same ones for the same seed and the same order of requests. */
export const createFaults = (seed: number): Faults => {
  let set = faultsSchema.parse({})
  let dice = createRandom(seed)
  // Webhooks leave in the background: with dice of their own they do not change which requests are struck.
  let webhookDice = createRandom(seed + 1)
  const rewind = () => {
    dice = createRandom(seed)
    webhookDice = createRandom(seed + 1)
  }
  return {
    current: () => set,
    replace: (input) => {
      set = readBody(faultsSchema, input)
      rewind()
      return set
    },
    strike: (route) =>
      set.rules.find((rule) => (rule.route === '*' || rule.route === route) && dice() < rule.rate),
    random: () => webhookDice(),
    clear: () => {
      set = faultsSchema.parse({})
      rewind()
    },
  }
}
