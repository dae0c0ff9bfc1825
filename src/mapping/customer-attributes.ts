/**
 * The customer attributes that any row of requirements §1 reads, as Kustomer names them in a webhook's `changes`. An
 * update that touches none of them is activity only (a note, a message, a visit) and cannot change a contact.
 */
const mappedAttributes: ReadonlySet<string> = new Set([
  'name',
  'displayName',
  'emails',
  'phones',
  'whatsapps',
  'sharedEmails',
  'sharedPhones',
  'sharedWhatsapps',
  'urls',
  'locations',
  'company',
  'companyName',
  'deleted',
])

/** @param changes of a webhook; null or absent on create, where everything is new (contract kustomer §6). */
export function touchesMappedAttributes(
  changes:
    | { attributes?: Record<string, unknown> | null; relationships?: Record<string, unknown> | null }
    | null
    | undefined,
): boolean {
  if (!changes) return true
  const changed = [...Object.keys(changes.attributes ?? {}), ...Object.keys(changes.relationships ?? {})]
  return changed.some((attribute) => mappedAttributes.has(attribute))
}
