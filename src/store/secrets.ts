import type { Vault } from '../vault.ts'
import type { Db } from './database.ts'

/** What a connection keeps sealed. */
export type SecretName =
  | 'kustomer-webhook-token'
  | 'kustomer-api-key'
  | 'cloudtalk-access-key-secret'
  | 'account-webhook-secret'

/** The name under which it is sealed: another connection's secret does not open as this one's. */
const sealName = (connection: string, name: SecretName): string => `${connection}/${name}`

/**
 * A secret as it was last kept; sealed anew where its key is on its way out.
 * @returns undefined where none was kept. @throws {Unopenable}
 */
export async function findSecret(
  db: Db,
  vault: Vault,
  connection: string,
  name: SecretName,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('secret')
    .select('sealed')
    .where('connection', '=', connection)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!row) return undefined
  const secret = await vault.open(sealName(connection, name), row.sealed)
  if (vault.isOld(row.sealed)) {
    const sealed = await vault.seal(sealName(connection, name), secret)
    // Unless another one was kept meanwhile.
    await db
      .updateTable('secret')
      .set({ sealed })
      .where('connection', '=', connection)
      .where('name', '=', name)
      .where('sealed', '=', row.sealed)
      .execute()
  }
  return secret
}

export async function keepSecret(
  db: Db,
  vault: Vault,
  connection: string,
  name: SecretName,
  secret: string,
): Promise<void> {
  const sealed = await vault.seal(sealName(connection, name), secret)
  await db
    .insertInto('secret')
    .values({ connection, name, sealed })
    .onConflict((conflict) => conflict.columns(['connection', 'name']).doUpdateSet({ sealed }))
    .execute()
}
