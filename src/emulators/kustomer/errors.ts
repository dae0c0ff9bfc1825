import type { Taken } from '../rate-limit.ts'
import type { KustomerSwitches } from './switches.ts'

/** One complaint; `parameter` names the field, `detail` is a path in the schema (contract §1.6). */
export type Problem = { code: string; title: string; parameter?: string; detail?: string }

/** A refusal, thrown by any operation and rendered in one of the three envelopes. */
export class KustomerError extends Error {
  readonly status: number
  readonly problems: Problem[]
  /** The budget that was spent, of a 429. */
  readonly spent: Taken | undefined

  constructor(status: number, problems: Problem[], spent?: Taken) {
    super(problems.map(({ title }) => title).join(', '))
    this.status = status
    this.problems = problems
    this.spent = spent
  }
}

export const badParameter = (parameter: string, title: string, detail?: string) =>
  new KustomerError(400, [{ code: 'badparam', title, parameter, detail }])

export const notFound = (parameter?: string) =>
  new KustomerError(404, [{ code: 'notfound', title: 'Not Found', parameter }])

export const conflict = (parameter: string, detail: string, status: 400 | 409 = 409) =>
  new KustomerError(status, [
    { code: status === 409 ? 'conflict' : 'badparam', title: 'Conflict', parameter, detail },
  ])

export const unauthorized = (title = 'Unauthorized') =>
  new KustomerError(401, [{ code: 'unauthorized', title }])

export const missingRole = (status: 401 | 403) =>
  new KustomerError(status, [{ code: status === 403 ? 'forbidden' : 'unauthorized', title: 'Missing role' }])

export const bodyTooLarge = () =>
  new KustomerError(413, [{ code: 'toolarge', title: 'Request body too large' }])

export const tooManyRequests = (code: string, spent: Taken) =>
  new KustomerError(429, [{ code, title: 'Too Many Requests' }], spent)

/** Codes of the new portal, for those of the wire. */
const PORTAL_CODES: Record<string, string> = {
  badparam: 'bad_request',
  notfound: 'not_found',
  toolarge: 'payload_too_large',
  toomanyrequests: 'rate_limit_exceeded',
}

/** The body of a refusal in the chosen envelope (contract §1.6, shapes 1 to 3). */
export function errorBody(
  { status, problems }: KustomerError,
  shape: KustomerSwitches['errorShape'],
): unknown {
  switch (shape) {
    case 'observed':
      return {
        errors: problems.map(({ code, title, parameter, detail }) => ({
          status,
          ...(parameter === undefined ? {} : { source: { parameter } }),
          code,
          title,
          ...(detail === undefined ? {} : { detail }),
        })),
      }
    case 'portal':
      return {
        errors: problems.map(({ code, title, parameter }) => ({
          code: PORTAL_CODES[code] ?? code,
          message: parameter === undefined ? title : `${title}: ${parameter}`,
          meta: {},
        })),
      }
    case 'schema':
      return {
        errors: problems.map(({ code, title, parameter }) => ({
          status: String(status),
          code,
          title,
          ...(parameter === undefined ? {} : { source: { parameters: parameter } }),
        })),
      }
  }
}
