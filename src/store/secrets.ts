import type { Vault } from '../vault.ts'
import type { Db } from './database.ts'

/** What a connection keeps sealed. */
export type SecretName =
  | 'kustomer-webhook-token'
  | 'kustomer-api-key'
  | 'cloudtalk-access-key-secret'
  | 'account-webhook-secret'

/** The name under which it is sealed: another connection's secret does not open as this one's. */
const sealName = (connection: string, name: string): string => `${connection}/${name}`

/** A secret as it was last kept. @returns undefined where none was kept. @throws {Unopenable} */
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
  return row && vault.open(sealName(connection, name), row.sealed)
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

/** Seals anew what an older key has sealed, so that the older key can go. */
export async function resealSecrets(db: Db, vault: Vault): Promise<void> {
  const rows = await db.selectFrom('secret').select(['connection', 'name', 'sealed']).execute()
  for (const row of rows) {
    const sealed = await vault.renew(sealName(row.connection, row.name), row.sealed)
    if (sealed === undefined) continue
    // Unless another one was kept meanwhile.
    await db
      .updateTable('secret')
      .set({ sealed })
      .where('connection', '=', row.connection)
      .where('name', '=', row.name)
      .where('sealed', '=', row.sealed)
      .execute()
  }
}
