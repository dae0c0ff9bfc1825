import { z } from 'zod'
import { BadRequest, readBody } from './bad-request.ts'
import type { Clock } from './clock.ts'
import type { Faults } from './faults.ts'
import type { RequestLog } from './request-log.ts'
import { createRoutes } from './routes.ts'
import type { ControlHandler, Vendor } from './vendor.ts'
import type { WebhookSender } from './webhook-sender.ts'
import { seedWorld } from './world/seed-world.ts'

/** Controls live here, beside the vendor's own paths. */
export const CONTROL_PREFIX = '/__emulator'

const size = z.number().int().min(0).max(1_000_000).default(0)

const resetSchema = z.strictObject({
  world: z
    .strictObject({ customers: size, contacts: size, calls: size, seed: z.number().int().optional() })
    .prefault({}),
})

type Parts = {
  vendor: Vendor
  clock: Clock
  seed: number
  log: RequestLog
  faults: Faults
  webhooks: WebhookSender
}

const reset =
  ({ vendor, clock, seed: defaultSeed, log, faults, webhooks }: Parts): ControlHandler =>
  ({ body }) => {
    const { customers, contacts, calls, seed = defaultSeed } = readBody(resetSchema, body ?? {}).world
    webhooks.dropPending()
    faults.clear()
    log.clear()
    vendor.load(seedWorld({ customers, contacts, calls, seed, now: clock.now() }))
    return { reset: true, world: { customers, contacts, calls, seed } }
  }

const readJson = async (request: Request): Promise<unknown> => {
  const text = await request.text()
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest('the body is not JSON')
  }
}

/** The control routes of one emulator: state, requests, reset, switches, faults, and the vendor's own. */
export const createControls = (parts: Parts): ((request: Request, path: string) => Promise<Response>) => {
  const { vendor, log, faults } = parts
  const routes = createRoutes<ControlHandler>({
    'GET /state': () => vendor.state(),
    'GET /requests': () => log.show(),
    'POST /reset': reset(parts),
    'GET /switches': () => vendor.switches.current(),
    'PUT /switches': ({ body }) => vendor.switches.patch(body),
    'GET /faults': () => faults.current(),
    'PUT /faults': ({ body }) => faults.replace(body),
    ...vendor.controls,
  })

  return async (request, path) => {
    const match = routes.match(request.method, path.slice(CONTROL_PREFIX.length))
    if (match.kind === 'unknown') return Response.json({ error: 'no such control' }, { status: 404 })
    if (match.kind === 'wrongMethod') return Response.json({ error: 'wrong method' }, { status: 405 })
    try {
      return Response.json(await match.handler({ body: await readJson(request), params: match.params }))
    } catch (error) {
      if (error instanceof BadRequest) return Response.json({ error: error.message }, { status: 400 })
      throw error
    }
  }
}
