import { z } from 'zod'
import { readBody } from '../bad-request.ts'
import { missingRole, unauthorized } from './errors.ts'
import { idOfKey } from './ids.ts'
import type { KustomerSwitches } from './switches.ts'

/** An API key and the machine user that it writes as (contract §1.2). */
export type ApiKey = { token: string; name: string; roles: readonly string[]; id: string; userId: string }

const keysSchema = z.array(
  z.strictObject({ token: z.string().min(1), name: z.string().min(1), roles: z.array(z.string()) }),
)

/** The key of the design document: every role there is. */
const DEFAULT_KEY = {
  token: 'emulator',
  name: 'Emulator',
  roles: ['org.admin', 'org.permission', 'org.user'],
}

export type Keys = {
  all: () => ApiKey[]
  /** Adds keys, or replaces those of the same token. @throws {BadRequest} */
  define: (input: unknown) => ApiKey[]
  /** @throws {KustomerError} 401 */
  authenticate: (authorization: string | null) => ApiKey
  clear: () => void
}

export const createKeys = (): Keys => {
  const keys = new Map<string, ApiKey>()
  const add = ({ token, name, roles }: { token: string; name: string; roles: string[] }): ApiKey => {
    const key = { token, name, roles, id: idOfKey('key', token), userId: idOfKey('machine', token) }
    keys.set(token, key)
    return key
  }
  add(DEFAULT_KEY)
  return {
    all: () => [...keys.values()],
    define: (input) => readBody(keysSchema, input).map(add),
    authenticate: (authorization) => {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1]
      const key = token === undefined ? undefined : keys.get(token)
      if (!key) throw unauthorized()
      return key
    },
    clear: () => {
      keys.clear()
      add(DEFAULT_KEY)
    },
  }
}

/** A role holds everything below it: `org.user` covers `org.user.customer.read`. */
export const hasRole = (key: ApiKey, wanted: string): boolean =>
  key.roles.some((role) => wanted === role || wanted.startsWith(`${role}.`))

/** @throws {KustomerError} When the key has none of the roles. */
export function requireRole(
  key: ApiKey,
  roles: readonly string[] | undefined,
  switches: KustomerSwitches,
): void {
  if (roles === undefined || roles.some((role) => hasRole(key, role))) return
  throw missingRole(switches.missingRoleStatus)
}

/** The roles of an object's operations, by permission set and by their older names (contract §1.2). */
export const rolesFor = (object: string, legacy: string = object) => ({
  read: [`org.permission.${object}.read`, `org.user.${legacy}.read`],
  create: [`org.permission.${object}.create`, `org.user.${legacy}.write`],
  update: [`org.permission.${object}.update`, `org.user.${legacy}.write`],
  delete: [`org.permission.${object}.delete`, `org.user.${legacy}.delete`],
})
