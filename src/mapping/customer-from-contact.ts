import { type ContactLookups, contactFromCustomer } from './contact-from-customer.ts'
import { type ContactSource, customerFieldRules } from './customer-field-rules.ts'
import {
  type CustomerBody,
  type CustomerLookups,
  type CustomerRecord,
  type CustomerWarning,
  emptyCustomer,
  type Written,
} from './customer-record.ts'
import { parsePhone } from './phones.ts'
import type { ReasonCode } from './reasons.ts'
import type { Customer } from './records.ts'
import { type SharedFields, sharedPart } from './shared-fields.ts'

export { customerFieldRules, notMappedCustomerFields } from './customer-field-rules.ts'
export type { CustomerBody, CustomerLookups, CustomerRecord, CustomerWarning } from './customer-record.ts'

export interface CustomerWriting {
  body: CustomerBody
  warnings: CustomerWarning[]
}

/** Of a type or a verified mark that nobody set, a write says nothing: it takes no `null` there (contract §2.3). */
const sendable = <T extends { type?: string | null }>({ type, ...entry }: T) => ({
  ...entry,
  ...(type && { type }),
})

/** Attributes as a write takes them. */
export const sendablePart = ({
  name,
  externalId,
  phones,
  emails,
  urls,
  locations,
}: Written['part']): CustomerBody => ({
  ...(name && { name }),
  ...(externalId && { externalId }),
  ...(phones && { phones: phones.map(sendable) }),
  ...(emails && { emails: emails.map(sendable) }),
  ...(urls && { urls: urls.map(sendable) }),
  ...(locations && { locations }),
})

/** Lets each rule whose field has a value write upon what the rules before it wrote. */
const written = (
  current: CustomerRecord,
  values: Partial<ContactSource>,
  lookups: CustomerLookups,
): CustomerWriting => {
  let part: Written['part'] = {}
  const warnings: CustomerWarning[] = []
  for (const { field, write } of customerFieldRules) {
    if (values[field] === undefined) continue
    // FieldRules has a rule of the right type for every key, so the value is the one that its rule takes.
    const result = write({ ...current, ...part }, values[field] as never, lookups)
    part = { ...part, ...result.part }
    warnings.push(...result.warnings)
  }
  return { body: sendablePart(part), warnings }
}

/** The new customer that a contact makes. Nothing is left out for one bad value; it is reported as a warning. */
export const customerFromContact = (contact: ContactSource, lookups: CustomerLookups): CustomerWriting =>
  written(emptyCustomer, { ...sharedPart(contact), id: contact.id }, lookups)

/**
 * The update that brings some changed fields to a customer and keeps what the export does not own. The body is empty
 * when the customer already holds them; else it repeats the company, for an update without it unlinks it (contract
 * kustomer §2.2).
 */
export const customerPatch = (
  current: CustomerRecord,
  changes: Partial<SharedFields>,
  lookups: CustomerLookups,
): CustomerWriting => {
  const { body, warnings } = written(current, changes, lookups)
  const { companyId } = current
  const sent = Object.keys(body).length > 0 && companyId ? { ...body, company: companyId } : body
  return { body: sent, warnings }
}

/**
 * Why a contact is never exported; nothing when it may be. A contact without any number is exported all the same.
 *
 * @param contact with its numbers as CloudTalk gives them.
 */
export const exportSkip = ({ numbers }: { numbers: readonly string[] }): ReasonCode | undefined =>
  numbers.length > 0 && numbers.every((number) => parsePhone(number) === undefined)
    ? 'NO_VALID_PHONE'
    : undefined

/** The shared fields as the customer says them: the import's own values (requirements §1). */
export const sharedFromCustomer = (
  customer: Customer,
  lookups: Pick<ContactLookups, 'countryId' | 'defaultCountry'>,
): SharedFields => {
  const nobody = { org: '', companyName: () => undefined, agentIdOfUser: () => undefined }
  return sharedPart(contactFromCustomer(customer, { ...lookups, ...nobody }).fields)
}
