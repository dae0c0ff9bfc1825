import { CloudTalkError, createCloudTalk } from '../cloudtalk/index.ts'
import { createKustomer, type Kustomer, KustomerError } from '../kustomer/index.ts'
import { KEY_ROLES, missingRoles } from './key-roles.ts'
import { createVendorFetch } from './vendor-fetch.ts'
import type { VendorAccounts } from './vendors.ts'

/** One thing that a connection needs, and whether it is there. */
export interface Check {
  name: string
  ok: boolean
  /** What was found. */
  found: string
  /** What to do where it is not well. */
  whatToDo?: string
}

type Account<Vendor extends 'cloudtalk' | 'kustomer'> = VendorAccounts[Vendor] & { userAgent: string }

/** Asks CloudTalk with this key; writes nothing. @param whatToDo where the key is not accepted. */
export async function checkCloudTalk(account: Account<'cloudtalk'>, whatToDo: string): Promise<Check> {
  const { apiUrl, analyticsUrl, aiUrl } = account
  const client = createCloudTalk({ ...account, fetch: createVendorFetch([apiUrl, analyticsUrl, aiUrl]) })
  const name = 'CloudTalk access key'
  try {
    const { itemsCount } = await client.agents.list({ page: 1, limit: 1 })
    return { name, ok: true, found: `accepted; the account has ${itemsCount} agents` }
  } catch (error) {
    if (!(error instanceof CloudTalkError)) throw error
    return { name, ok: false, found: error.message, whatToDo }
  }
}

/** Asks Kustomer what this key may do; writes nothing. @param whatToDo where the key is not accepted. */
export async function checkKustomer(account: Account<'kustomer'>, whatToDo: string): Promise<Check[]> {
  const name = 'Kustomer API key'
  let roles: string[]
  try {
    roles = (await kustomerFor(account).auth.current()).roles
  } catch (error) {
    if (!(error instanceof KustomerError)) throw error
    return [{ name, ok: false, found: error.message, whatToDo }]
  }
  const missing = missingRoles(roles)
  const rolesCheck = { name: 'Kustomer roles' }
  return [
    { name, ok: true, found: 'accepted' },
    missing.length === 0
      ? { ...rolesCheck, ok: true, found: KEY_ROLES.join(', ') }
      : {
          ...rolesCheck,
          ok: false,
          found: `missing: ${missing.join(', ')}`,
          whatToDo:
            'Roles are fixed when a key is made: make a new key with all three, under Settings > Security.',
        },
  ]
}

export const kustomerFor = (account: Account<'kustomer'>): Kustomer =>
  createKustomer({ ...account, fetch: createVendorFetch([account.apiUrl]) })
