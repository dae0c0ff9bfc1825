import type { ContactLookups } from '../../mapping/contact-from-customer.ts'
import type { CustomerLookups } from '../../mapping/customer-record.ts'
import type { Customer } from '../../mapping/records.ts'
import type { SyncContext } from '../context.ts'

/** What neither record says of itself: countries, agents, companies. */
export type GroupLookups = CustomerLookups & Pick<ContactLookups, 'countryId'>

export async function groupLookups({ directory, settings }: SyncContext): Promise<GroupLookups> {
  await directory.refresh()
  return {
    countryOf: directory.countryOf,
    countryId: directory.countryId,
    ...(settings.defaultCountry !== undefined && { defaultCountry: settings.defaultCountry }),
  }
}

/** One request where the customer's company is not known yet. */
export async function lookupsFor(context: SyncContext, customer: Customer): Promise<ContactLookups> {
  const { directory, org } = context
  const lookups = await groupLookups(context)
  const company = customer.companyId ? await directory.companyName(customer.companyId) : undefined
  return { ...lookups, org, companyName: () => company, agentIdOfUser: directory.agentIdOfUser }
}

/** Whether a link of a contact leads to a customer of this org. */
export const isCustomerLink =
  ({ org }: SyncContext) =>
  (url: string): boolean =>
    url.startsWith(`https://${org}.kustomerapp.com/app/customers/`)
