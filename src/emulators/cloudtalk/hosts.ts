import { createRateLimit, type RateLimit } from '../rate-limit.ts'
import { aiFailure } from './ai.ts'
import { type Reply, refused } from './answers.ts'
import type { Account } from './api.ts'
import { bulkContacts, bulkCost } from './bulk.ts'
import { parseBody } from './request-body.ts'
import { placeOf, routes } from './routes.ts'
import { escapeTexts } from './wire.ts'

const basic = (secret: string): string => `Basic ${Buffer.from(`CLOUDTALK:${secret}`).toString('base64')}`

const write = ({ status, data }: Reply): Response =>
  Response.json({ responseData: escapeTexts(data) }, { status })

/** CakePHP's own answer for a path that no controller has (§1.2). */
const noRoute = (url: string): Response =>
  Response.json({ name: 'Not Found', message: 'Not Found', url }, { status: 404 })

/** The edge in front of all hosts (§1.2). */
const forbidden = (): Response =>
  new Response('<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>', {
    status: 403,
    headers: { 'content-type': 'text/html' },
  })

const nest = (statusCode: number, message: string, error?: string): Response =>
  Response.json({ statusCode, message, ...(error && { error }) }, { status: statusCode })

const analyticsUnauthorized = (authorization: string | null): Response => {
  if (authorization === null) return nest(401, 'Authorization header is missing')
  if (!/^Basic /i.test(authorization)) return nest(401, `Invalid Authorization header - ${authorization}`)
  return nest(401, "Company API key doesn't exist.")
}

/** The fault kind `status`, in the words of the host that the path belongs to (§1.8). */
export const failureOf = (status: number, path: string): Response => {
  const { host } = placeOf(path)
  if (host === 'analytics')
    return nest(status, status === 500 ? 'Internal server error' : 'Something went wrong.')
  if (host === 'ai')
    return aiFailure(status, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred on the server.')
  const message =
    status === 401 ? 'Unauthorized' : status === 429 ? 'Too Many Requests' : 'Something went wrong.'
  return write(refused(status, message))
}

/**
 * The three hosts on one port, each with its own order: the main host answers 405 before 401 before 404, the
 * analytics host looks for the route first (§1.2).
 */
export const createHosts = ({ account }: { account: Account }) => {
  const limits = new Map<number, RateLimit>()
  const limitOf = (limit: number): RateLimit => {
    const known = limits.get(limit) ?? createRateLimit({ clock: account.clock, limit })
    limits.set(limit, known)
    return known
  }

  const limited = (budget: string, cost: number, by: string, work: () => Response): Response => {
    const { rateLimit, rateLimitHeaders, rateLimitBody } = account.switches()
    const taken = limitOf(rateLimit).take(budget, cost, by)
    const response = taken.allowed
      ? work()
      : rateLimitBody === 'empty'
        ? new Response(null, { status: 429 })
        : write(refused(429, 'Too Many Requests'))
    if (!taken.allowed || rateLimitHeaders === 'always') {
      response.headers.set('X-CloudTalkAPI-Limit', String(taken.limit))
      response.headers.set('X-CloudTalkAPI-Remaining', String(taken.remaining))
      response.headers.set('X-CloudTalkAPI-ResetTime', String(Math.ceil(taken.resetAt / 1_000)))
    }
    return response
  }

  const fetch = async (request: Request): Promise<Response> => {
    const by = request.headers.get('user-agent')
    if (!by) return forbidden()
    const url = new URL(request.url)
    const { host, path } = placeOf(url.pathname)
    const match = routes.match(request.method, path)
    const authorization = request.headers.get('authorization')
    const authorized = authorization === basic(account.switches().accessKeySecret)
    const budget = host === 'main' || account.switches().sharedRateLimit ? 'company' : host

    const text = request.method === 'GET' ? '' : await request.text()
    const body = parseBody(text, request.headers.get('content-type') ?? '')
    const cost = match.kind === 'found' && match.handler === bulkContacts ? bulkCost(account, body) : 1

    const run = (): Response => {
      if (match.kind !== 'found') return noRoute(url.pathname)
      if (body === undefined) return write(refused(400, 'Bad request'))
      const reply = match.handler(account, { params: match.params, query: url.searchParams, body })
      return reply instanceof Response ? reply : write(reply)
    }

    switch (host) {
      case 'main':
        if (path.startsWith('/pub/')) return run()
        if (match.kind === 'wrongMethod') return write(refused(405, 'Method Not Allowed'))
        return authorized ? limited(budget, cost, by, run) : write(refused(401, 'Unauthorized'))
      case 'analytics':
        if (match.kind !== 'found')
          return nest(404, `Cannot ${request.method} ${path.replace('/analytics', '/api')}`, 'Not Found')
        return authorized ? limited(budget, cost, by, run) : analyticsUnauthorized(authorization)
      case 'ai':
        if (!authorized)
          return aiFailure(401, 'UNAUTHORIZED', 'You are not authorized to access this resource.')
        if (match.kind !== 'found')
          return aiFailure(404, 'NOT_FOUND', 'The requested resource was not found.')
        return limited(budget, cost, by, run)
    }
  }

  return {
    fetch,
    forget: () => limits.clear(),
    windows: () => [...limits.values()].flatMap((limit) => limit.windows()),
  }
}
