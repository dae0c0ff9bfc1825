import type { Account } from './api.ts'
import type { ContactChange } from './contact-input.ts'
import { type Contact, tagNamed } from './store.ts'

/** The writes behind the single endpoints and bulk: each fires the Contact trigger of its kind. */

const EMPTY: Omit<Contact, 'id' | 'created' | 'modified'> = {
  name: '',
  title: '',
  company: '',
  industry: '',
  website: '',
  address: '',
  city: '',
  zip: '',
  state: '',
  country_id: null,
  favorite_agent: null,
  type: 'contact',
  numbers: [],
  emails: [],
  tags: [],
  external_urls: [],
  attributes: [],
}

const nowOf = ({ clock }: Account): string => new Date(clock.now()).toISOString()

/** Never de-duplicates by phone (§2.3, seen). */
export const addContact = (account: Account, change: ContactChange): Contact => {
  const at = nowOf(account)
  const contact: Contact = { ...EMPTY, ...change, id: account.newContactId(), created: at, modified: at }
  store(account, contact)
  account.events.contact('Created', contact)
  return contact
}

/** Sets replace sets (§2.4), and `created` moves with `modified`, as seen on the wire (§1.5). */
export const editContact = (account: Account, contact: Contact, change: ContactChange): void => {
  const at = nowOf(account)
  const urls = change.external_urls
  const appended =
    urls && account.switches().externalUrlOnEdit === 'append' ? [...contact.external_urls, ...urls] : urls
  const edited = {
    ...contact,
    ...change,
    ...(appended && { external_urls: appended }),
    created: at,
    modified: at,
  }
  store(account, edited)
  account.events.contact('Updated', edited)
}

export const deleteContact = (account: Account, contact: Contact): void => {
  account.store.contacts.delete(contact.id)
  account.events.contact('Deleted', contact)
}

const store = ({ store }: Account, contact: Contact): void => {
  for (const tag of contact.tags) tagNamed(store, tag)
  store.contacts.put(contact)
}
