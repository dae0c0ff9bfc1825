import { type ApiKey, hasRole } from './auth.ts'
import { missingRole } from './errors.ts'
import type { Org } from './org.ts'

type AdminFields = { createdAt?: string; modifiedAt?: string; createdBy?: string; modifiedBy?: string }

/**
 * Times and authors that only org.admin may set on notes and messages (contract §1.2). From others they are
 * ignored or refused, by switch.
 */
export function allowedAdminFields(org: Org, key: ApiKey, fields: AdminFields): AdminFields {
  if (Object.values(fields).every((value) => value === undefined)) return {}
  if (hasRole(key, 'org.admin')) return fields
  if (org.switches().adminFieldsWithoutRole === 'refused') throw missingRole(org.switches().missingRoleStatus)
  return {}
}
