import { z } from 'zod'
import {
  attributeRows,
  contactColumns,
  emailList,
  emailRows,
  externalUrlRows,
  numberRows,
  phoneList,
  tagRows,
} from './contact-shape.ts'
import { type ContactWrite, contactToWire } from './contact-write.ts'
import { createdAnswer } from './created.ts'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import { id, optionalDate, optionalId, optionalText, text } from './wire.ts'

const contactRow = z
  .object({
    Contact: z.object({ id, name: text, company: optionalText }),
    ContactNumber: numberRows,
    ContactEmail: emailRows,
    Tag: tagRows.optional(),
    ContactsTag: tagRows.optional(),
  })
  .transform(({ Contact, ContactNumber, ContactEmail, Tag, ContactsTag }) => ({
    ...Contact,
    numbers: ContactNumber,
    emails: ContactEmail,
    tags: Tag ?? ContactsTag,
  }))

/** A row of the index: no dates in it, and perhaps only the first number and email (contract §2.1). */
export type ContactRow = z.output<typeof contactRow>

const contact = z
  .object({
    responseData: z.object({
      Contact: z.object({
        ...contactColumns,
        website: optionalText,
        favorite_agent: optionalId,
        created: optionalDate,
        modified: optionalDate,
        contact_numbers: phoneList.optional(),
        contact_emails: emailList.optional(),
        tags: tagRows.optional(),
        external_urls: externalUrlRows.optional(),
      }),
      ContactEmail: emailRows.optional(),
      ContactNumber: numberRows.optional(),
      Tag: tagRows.optional(),
      ContactsTag: tagRows.optional(),
      ExternalUrl: externalUrlRows.optional(),
      ContactAttribute: attributeRows,
    }),
  })
  .transform(({ responseData: data }) => ({
    id: data.Contact.id,
    name: data.Contact.name,
    title: data.Contact.title,
    company: data.Contact.company,
    industry: data.Contact.industry,
    website: data.Contact.website,
    address: data.Contact.address,
    city: data.Contact.city,
    zip: data.Contact.zip,
    state: data.Contact.state,
    countryId: data.Contact.country_id,
    favoriteAgentId: data.Contact.favorite_agent,
    emails: data.ContactEmail ?? data.Contact.contact_emails ?? [],
    numbers: data.ContactNumber ?? data.Contact.contact_numbers ?? [],
    // The wire says Tag, the published text ContactsTag (contract §2.2).
    tags: data.Tag ?? data.ContactsTag ?? data.Contact.tags ?? [],
    externalUrls: data.ExternalUrl ?? data.Contact.external_urls ?? [],
    attributes: data.ContactAttribute,
    /** Moves on every edit, so it is not the creation time (contract §1.5). */
    createdAt: data.Contact.created,
    modifiedAt: data.Contact.modified,
  }))

/** A whole contact. Absent scalars are undefined, numbers are E.164 with '+', dates ISO UTC. */
export type Contact = z.output<typeof contact>

const attributes = z
  .object({ responseData: z.array(z.object({ ContactAttribute: z.object({ id, title: text }) })) })
  .transform(({ responseData }) => responseData.map((row) => row.ContactAttribute))

export type ContactListQuery = PageQuery & {
  /** Free text over name, company, email and number; a loose match, so check what comes back. */
  keyword?: string
  tagId?: string
  countryId?: string
}

export function contacts(transport: Transport) {
  return {
    list: ({ page, limit, keyword, tagId, countryId }: ContactListQuery) =>
      readPage(
        transport,
        '/contacts/index.json',
        { page, limit, keyword, tag_id: tagId, country_id: countryId },
        contactRow,
      ),
    show: (contactId: string) =>
      transport.json({ method: 'GET', path: '/contacts/show/:id.json', id: contactId }, contact),
    /** Never finds an existing contact with the same number: each call makes a new one (contract §2.3). */
    add: (body: ContactWrite) =>
      transport.json({ method: 'PUT', path: '/contacts/add.json', body: contactToWire(body) }, createdAnswer),
    /** Older accounts require the name in every edit (contract §2.4). */
    edit: (contactId: string, body: ContactWrite) =>
      transport.done({
        method: 'POST',
        path: '/contacts/edit/:id.json',
        id: contactId,
        body: contactToWire(body),
      }),
    delete: (contactId: string) =>
      transport.done({ method: 'DELETE', path: '/contacts/delete/:id.json', id: contactId }),
    addTags: (contactId: string, names: string[]) =>
      transport.done({
        method: 'PUT',
        path: '/contacts/addTags/:id.json',
        id: contactId,
        body: { tags: names },
      }),
    removeTags: (contactId: string, names: string[]) =>
      transport.done({
        method: 'DELETE',
        path: '/contacts/removeTags/:id.json',
        id: contactId,
        body: { tags: names },
      }),
    /** The custom attributes of the account; they are made in the dashboard only (contract §2.7). */
    attributes: () => transport.json({ method: 'GET', path: '/contacts/attributes.json' }, attributes),
  }
}
