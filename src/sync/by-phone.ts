import type { Customer } from '../kustomer/index.ts'
import type { Vendors } from './vendors.ts'

/** Tries `+E164`, then the bare digits, each a request: Kustomer stores phones as they were sent (contract §2.5). */
export async function customerByPhone(vendors: Vendors, phone: string): Promise<Customer | undefined> {
  const digits = phone.replace(/^\+/, '')
  const by = (sent: string) => vendors.kustomer(({ customers }) => customers.byPhone(sent))
  return (await by(`+${digits}`)) ?? by(digits)
}
