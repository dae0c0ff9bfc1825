import type { Taken } from '../rate-limit.ts'
import { createRoutes } from '../routes.ts'
import { requireRole } from './auth.ts'
import { bulkOperations } from './bulk.ts'
import type { Answer, Call, Operations } from './call.ts'
import { companyOperations } from './companies.ts'
import { conversationOperations } from './conversations.ts'
import { customerOperations } from './customers.ts'
import { badParameter, bodyTooLarge, errorBody, KustomerError, notFound } from './errors.ts'
import { mergeOperations } from './merges.ts'
import { messageOperations } from './messages.ts'
import { noteOperations } from './notes.ts'
import type { Org } from './org.ts'
import { outboundWebhookOperations } from './outbound-webhooks.ts'
import { searchOperations } from './search.ts'
import { tagOperations } from './tags.ts'
import { teamOperations } from './teams.ts'
import { userOperations } from './users.ts'

/** "100 KB for most endpoints" (contract §1.6). */
const MAX_BODY_BYTES = 100 * 1024

const operations: Operations = {
  ...searchOperations,
  ...bulkOperations,
  ...mergeOperations,
  ...customerOperations,
  ...conversationOperations,
  ...noteOperations,
  ...messageOperations,
  ...companyOperations,
  ...teamOperations,
  ...userOperations,
  ...tagOperations,
  ...outboundWebhookOperations,
}

const routes = createRoutes(operations)

/** Without /v1 and trailing slashes; the message look-up is read in any case (contract §5.2). */
const normalised = (path: string): string =>
  path
    .replace(/^\/v1(?=\/|$)/, '')
    .replace(/\/+$/, '')
    .replace(/^\/messages\/externalid=/i, '/messages/externalid=')

const find = (method: string, path: string) =>
  path.startsWith('/v1/') ? routes.match(method, normalised(path)) : routes.match(method, '/(unknown)')

/** The name of a request's route, such as `GET /customers/phone=:phone`. */
export const routeOf = (method: string, path: string): string => find(method, path).name

/** The vendor's API: one request in, one answer out, with the limits on every answer. */
export const createApi = (org: Org) => {
  const respond = ({ status, body }: Answer, taken: Taken | undefined): Response => {
    const headers = new Headers({ 'x-kustomer-pod': 'prod1' })
    if (taken) {
      headers.set('x-ratelimit-limit', String(taken.limit))
      headers.set('x-ratelimit-remaining', String(taken.remaining))
      if (!taken.allowed || org.switches().rateLimitReset === 'always') {
        headers.set('x-ratelimit-reset', String(Math.ceil(taken.resetAt / 1000)))
      }
    }
    if (body === undefined) return new Response(null, { status, headers })
    headers.set('content-type', 'application/json; charset=utf-8')
    return new Response(JSON.stringify(body), { status, headers })
  }

  /** @param taken What the request took of the org's budget; a 429 shows the budget that was spent instead. */
  const refuse = (error: KustomerError, taken?: Taken): Response =>
    respond({ status: error.status, body: errorBody(error, org.switches().errorShape) }, error.spent ?? taken)

  const fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    let taken: Taken | undefined
    try {
      org.later.settle()
      const asker = request.headers.get('user-agent') ?? undefined
      taken = org.limits.take('requestsPerMinute', undefined, asker)
      const key = org.keys.authenticate(request.headers.get('authorization'))
      const match = find(request.method, url.pathname)
      if (match.kind !== 'found') throw notFound()
      const { roles, search, handle } = match.handler
      if (search) org.limits.take('searchesPerMinute', undefined, asker)
      requireRole(key, roles, org.switches())
      const body = await readJson(request)
      const path = normalised(url.pathname)
      const call: Call = {
        org,
        key,
        method: request.method,
        path,
        params: match.params,
        query: url.searchParams,
        body,
      }
      return respond(handle(call), taken)
    } catch (error) {
      if (error instanceof KustomerError) return refuse(error, taken)
      throw error
    }
  }

  return { fetch, refuse }
}

async function readJson(request: Request): Promise<unknown> {
  if (request.method === 'GET') return undefined
  const text = await request.text()
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw bodyTooLarge()
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw badParameter('body', 'Not JSON')
  }
}
