import type { Vault } from '../vault.ts'
import type { Db } from './database.ts'

/** What the client secret is sealed as: it is of no connection. */
export const SIGN_ON_SECRET = 'sign-on/client-secret'

/** The provider by whom people sign in. */
export interface StoredSignOn {
  /** As people know it. */
  name: string
  issuer: string
  clientId: string
  /** Readable with the vault only. */
  sealedSecret: string
  /** Of the emails of those who are let in without an invitation. */
  domains: string[]
  /** What they may do then. */
  role: string
}

export async function findSignOn(db: Db): Promise<StoredSignOn | undefined> {
  const row = await db.selectFrom('sign_on').selectAll().executeTakeFirst()
  return (
    row && {
      name: row.name,
      issuer: row.issuer,
      clientId: row.client_id,
      sealedSecret: row.sealed_secret,
      domains: row.domains,
      role: row.role,
    }
  )
}

export async function saveSignOn(db: Db, signOn: StoredSignOn): Promise<void> {
  const { name, issuer, clientId: client_id, sealedSecret: sealed_secret, domains, role } = signOn
  const row = { name, issuer, client_id, sealed_secret, domains, role }
  await db
    .insertInto('sign_on')
    .values(row)
    .onConflict((conflict) => conflict.column('single').doUpdateSet(row))
    .execute()
}

/** Seals the secret anew where an older key has sealed it, so that the older key can go. */
export async function resealSignOn(db: Db, vault: Vault): Promise<void> {
  const signOn = await findSignOn(db)
  if (!signOn) return
  const sealed_secret = await vault.renew(SIGN_ON_SECRET, signOn.sealedSecret)
  if (sealed_secret === undefined) return
  // Unless another one was saved meanwhile.
  await db
    .updateTable('sign_on')
    .set({ sealed_secret })
    .where('sealed_secret', '=', signOn.sealedSecret)
    .execute()
}

/** @returns false where there was none. */
export async function removeSignOn(db: Db): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('sign_on').executeTakeFirst()
  return numDeletedRows > 0n
}
