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

/** @param changes of an update, by attribute or relationship (contract kustomer §6). */
export const touchesMappedAttributes = (changes: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(changes).some((attribute) => mappedAttributes.has(attribute))
