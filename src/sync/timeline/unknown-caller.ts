import { KustomerError } from '../../kustomer/index.ts'
import type { E164 } from '../../mapping/records.ts'
import { newFields } from '../../mapping/write.ts'
import { loadConnection, setHolderCustomer } from '../../store/connections.ts'
import { mirrorCustomers } from '../../store/customers.ts'
import { customerByPhone } from '../by-phone.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import type { Caller } from './item.ts'

const HOLDER_NAME = 'Unassociated callers (CloudTalk)'
/** By it the holder is known for what it is: it is no person, and never synced. */
const HOLDER_EXTERNAL_ID = 'cloudtalk-unassociated-callers'

export const isHolder = (customer: { externalId?: string | null | undefined }): boolean =>
  customer.externalId === HOLDER_EXTERNAL_ID

const findHolder = ({ vendors }: SyncContext) =>
  vendors.kustomer((kustomer) => kustomer.customers.byExternalId(HOLDER_EXTERNAL_ID))

/** The holder, as far as there is one: another connection of the org may have made it. */
export async function holderIfAny(context: SyncContext): Promise<string | undefined> {
  const { holderCustomerId } = await loadConnection(context.db, context.connection)
  return holderCustomerId ?? (await findHolder(context))?.id
}

/** The customer that holds conversations of unknown callers where Kustomer wants one; made on first need. */
export async function holderCustomer(context: SyncContext): Promise<string> {
  const { db, connection, vendors } = context
  const stored = await loadConnection(db, connection)
  if (stored.holderCustomerId !== null) return stored.holderCustomerId
  const holder = await createOrFind(
    () =>
      vendors.kustomer((kustomer) =>
        kustomer.customers.create({ name: HOLDER_NAME, externalId: HOLDER_EXTERNAL_ID }),
      ),
    () => findHolder(context),
  )
  await setHolderCustomer(db, connection, holder.id)
  return holder.id
}

/** Tries after which a rival that made it at the same moment is in the mirror. */
const TRIES_FOR_A_RIVAL = 3

/**
 * A customer made of nothing but the number (requirements §3, `create-customer`).
 *
 * @param attempt how many tries there were before.
 * @returns undefined where Kustomer knows the number as one that it does not look up, that of WhatsApp (contract
 * kustomer §2.1): the customer is found once it is in the mirror.
 */
export async function customerFromNumber(
  context: SyncContext,
  { number, channel }: { number: E164; channel: Caller['channel'] },
  attempt: number,
): Promise<string | undefined> {
  const { db, connection, vendors, settings } = context
  const identified =
    channel === 'whatsapp'
      ? { whatsapps: [{ phone: `whatsapp:${number}` }] }
      : { phones: [{ phone: number, type: 'work' }] }
  const body = { name: number, ...identified }
  const create = async () => {
    const created = await vendors.kustomer((kustomer) => kustomer.customers.create(body))
    wrote({ to: 'customer', id: created.id, did: 'created', fields: newFields(body) })
    return created
  }
  const customer = await createOrFind(create, () => customerByPhone(vendors, number)).catch(
    (error: unknown) => {
      if (attempt < TRIES_FOR_A_RIVAL || !isConflict(error)) throw error
      return undefined
    },
  )
  if (!customer) return undefined
  await mirrorCustomers(db, connection, [customer], settings.defaultCountry)
  return customer.id
}

/** Looks first, so that a try whose answer was lost is not made twice; a conflict is the other half of the race. */
async function createOrFind<T>(create: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  const existing = await find()
  if (existing) return existing
  try {
    return await create()
  } catch (error) {
    if (!isConflict(error)) throw error
    const rival = await find()
    if (!rival) throw error
    return rival
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof KustomerError && error.failure.kind === 'conflict'
