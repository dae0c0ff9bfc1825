import { KustomerError } from '../kustomer/index.ts'
import { type ContactLookups, contactFromCustomer } from '../mapping/contact-from-customer.ts'
import { ineligible } from '../mapping/eligibility.ts'
import {
  type CustomerVersion,
  findCustomer,
  markCustomerDeleted,
  mirrorCustomers,
} from '../store/customers.ts'
import { dropLink, findLink } from '../store/links.ts'
import type { Outcome } from '../store/outcomes.ts'
import { raiseUnlinkedCalls } from './associate-calls.ts'
import type { SyncContext } from './context.ts'
import type { CustomerEvent } from './event.ts'
import { freeContactFor } from './find-contact.ts'
import { type ContactPlan, planContact } from './plan-contact.ts'
import { applyContactPlan, skipped } from './write-contact.ts'

/** Brings one customer's contact up to date (requirements §1): load, decide, apply. */
export async function importCustomer(context: SyncContext, event: CustomerEvent): Promise<Outcome> {
  const customer = await loadCustomer(context, event)
  if (!customer) return unknownCustomer(context, event.id)
  if (!customer.deleted) await raiseUnlinkedCalls(context, customer)
  if (!context.settings.import) return skipped('IMPORT_OFF', 'The import is switched off in the settings.')

  const { plan, warnings } = await decide(context, event, customer)
  const outcome = await applyContactPlan(context, customer.id, plan)
  return {
    ...outcome,
    customerId: customer.id,
    version: customer.rev,
    ...(warnings.length > 0 && { details: { ...outcome.details, warnings } }),
  }
}

async function loadCustomer(
  context: SyncContext,
  event: CustomerEvent,
): Promise<CustomerVersion | undefined> {
  const { db, connection, settings } = context
  if (event.version) await mirrorCustomers(db, connection, [event.version], settings.defaultCountry)
  const mirrored = await findCustomer(db, connection, event.id)
  if (mirrored) return mirrored
  try {
    const current = await context.vendors.kustomer((kustomer) => kustomer.customers.get(event.id))
    await mirrorCustomers(db, connection, [current], settings.defaultCountry)
    return await findCustomer(db, connection, event.id)
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') throw error
    await markCustomerDeleted(db, connection, event.id)
    return findCustomer(db, connection, event.id)
  }
}

async function decide(
  context: SyncContext,
  event: CustomerEvent,
  customer: CustomerVersion,
): Promise<{ plan: ContactPlan; warnings: string[] }> {
  const { db, connection, settings } = context
  const link = await findLink(db, connection, customer.id)
  const reason = ineligible(customer, settings.defaultCountry)
  if (reason !== undefined) {
    const nothing = { desired: undefined, match: undefined }
    return { plan: planContact({ ineligible: reason, link, ...nothing }), warnings: [] }
  }
  const { fields: desired, warnings } = contactFromCustomer(customer, await lookupsFor(context, customer))
  const match = link ? undefined : await freeContactFor(context, desired, event.source)
  return {
    plan: planContact({ ineligible: undefined, link, desired, match }),
    warnings: warnings.map(({ text }) => text),
  }
}

async function lookupsFor(context: SyncContext, customer: CustomerVersion): Promise<ContactLookups> {
  const { directory, org, settings } = context
  await directory.refresh()
  const company = customer.companyId ? await directory.companyName(customer.companyId) : undefined
  return {
    org,
    companyName: () => company,
    countryId: directory.countryId,
    agentIdOfUser: directory.agentIdOfUser,
    ...(settings.defaultCountry !== undefined && { defaultCountry: settings.defaultCountry }),
  }
}

async function unknownCustomer(context: SyncContext, customerId: string): Promise<Outcome> {
  await dropLink(context.db, context.connection, customerId)
  return { ...skipped('DELETED', 'Kustomer has no such customer any more.'), customerId }
}
