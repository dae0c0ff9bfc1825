import { answer, created, done, type FieldErrors, invalid, notFound, REQUIRED } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import { readContact } from './contact-input.ts'
import { addContact, deleteContact, editContact } from './contact-writes.ts'
import { page } from './pages.ts'
import { type Contact, tagNamed } from './store.ts'
import { numeric, offsetDate, oneOrMany, orNull, withoutPlus } from './wire.ts'

const found = ({ store }: Account, params: Record<string, string>): Contact | undefined =>
  store.contacts.get(idOf(params.id))

/** Enough digits of a number to search by. */
const KEYWORD_DIGITS = 4
/** Numbers that end alike are found too: the search is loose, and clients verify (§2.1). */
const LOOSE_DIGITS = 9

const matches = (contact: Contact, keyword: string): boolean => {
  const text = keyword.trim().toLowerCase()
  if ([contact.name, contact.company, ...contact.emails].some((field) => field.toLowerCase().includes(text)))
    return true
  const digits = /^[+\d\s()-]+$/.test(text) ? text.replace(/\D/g, '') : ''
  if (digits.length < KEYWORD_DIGITS) return false
  const ending = digits.length >= LOOSE_DIGITS ? digits.slice(-LOOSE_DIGITS) : digits
  return contact.numbers.some((number) => number.includes(digits) || number.endsWith(ending))
}

/** GET /contacts/index.json: newest first; no filter by time, id, phone or email (§2.1). */
export const indexContacts: Handler = (account, request) => {
  const { store, switches } = account
  const { query } = request
  const keyword = query.get('keyword') ?? ''
  const industry = query.get('industry') ?? ''
  const countryId = query.get('country_id') ?? ''
  const tagId = query.get('tag_id') ?? ''
  const tag = tagId === '' ? undefined : (store.tags.get(idOf(tagId))?.name ?? null)
  const contacts = [...store.contacts.all()]
    .filter(
      (contact) =>
        (keyword === '' || matches(contact, keyword)) &&
        (industry === '' || contact.industry === industry) &&
        (countryId === '' || contact.country_id === idOf(countryId)) &&
        (tag === undefined || (tag !== null && contact.tags.includes(tag))),
    )
    .reverse()

  const asArrays = switches().indexRelations === 'array'
  return page(account, request, contacts, ({ id, name, company, numbers, emails, attributes }) => {
    const [number] = numbers
    const [email] = emails
    const values = oneOrMany(attributes.map((attribute) => attributeRow(account, attribute)))
    return {
      Contact: { id: String(id), name, company: orNull(company) },
      ContactNumber: asArrays
        ? numbers.map((public_number) => ({ public_number: withoutPlus(public_number) }))
        : { public_number: number === undefined ? null : withoutPlus(number) },
      ContactEmail: asArrays ? emails.map((email) => ({ email })) : { email: email ?? null },
      ...(values && { ContactAttribute: values }),
    }
  })
}

const attributeRow = ({ store }: Account, { attribute_id, value }: Contact['attributes'][number]) => ({
  attribute_id: String(attribute_id),
  title: store.attributes.find(({ id }) => id === attribute_id)?.title ?? '',
  value,
})

/** GET /contacts/show/{id}.json: exactly the keys seen on the wire, in their order (§2.2). */
export const showContact: Handler = (account, { params }) => {
  const contact = found(account, params)
  if (!contact) return notFound()
  const id = String(contact.id)
  const { attributes } = account.store
  return answer({
    Contact: {
      id,
      name: contact.name,
      title: orNull(contact.title),
      company: orNull(contact.company),
      industry: orNull(contact.industry),
      website: orNull(contact.website),
      address: orNull(contact.address),
      city: orNull(contact.city),
      zip: orNull(contact.zip),
      state: orNull(contact.state),
      country_id: numeric(contact.country_id),
      favorite_agent: numeric(contact.favorite_agent),
      created: offsetDate(contact.created),
      modified: offsetDate(contact.modified),
    },
    ContactEmail: contact.emails.map((email) => ({ email, contact_id: id })),
    ContactNumber: contact.numbers.map((public_number) => ({ public_number, contact_id: id })),
    [account.switches().tagKey]: contact.tags.map((name) => ({ name })),
    ExternalUrl: contact.external_urls.length === 0 ? null : contact.external_urls,
    // Attributes of the account that the contact has no value for are there too (§2.2).
    ContactAttribute: attributes.map((attribute) =>
      attributeRow(account, {
        attribute_id: attribute.id,
        value: contact.attributes.find(({ attribute_id }) => attribute_id === attribute.id)?.value ?? '',
      }),
    ),
  })
}

/** PUT /contacts/add.json (§2.3). */
export const addContactHandler: Handler = (account, { body }) => {
  const read = readContact(account.store, body, {
    nameRequired: true,
    strict: account.switches().strictBodies,
  })
  return read.errors ? invalid(read.errors) : created(addContact(account, read.change).id)
}

/** POST /contacts/edit/{id}.json (§2.4). */
export const editContactHandler: Handler = (account, { params, body }) => {
  const contact = found(account, params)
  if (!contact) return notFound()
  const { strictBodies: strict, editRequiresName: nameRequired } = account.switches()
  const read = readContact(account.store, body, { nameRequired, strict })
  if (read.errors) return invalid(read.errors)
  editContact(account, contact, read.change)
  return done()
}

/** DELETE /contacts/delete/{id}.json (§2.5). */
export const deleteContactHandler: Handler = (account, { params }) => {
  const contact = found(account, params)
  if (!contact) return notFound()
  deleteContact(account, contact)
  return done()
}

const readTags = (body: unknown): { tags: string[]; errors?: undefined } | { errors: FieldErrors } => {
  const tags = typeof body === 'object' && body !== null && 'tags' in body ? body.tags : undefined
  const valid =
    Array.isArray(tags) &&
    tags.length > 0 &&
    tags.every((tag) => typeof tag === 'string' && tag.trim() !== '')
  return valid ? { tags } : { errors: { tags: [REQUIRED] } }
}

const tagsHandler =
  (after: (own: string[], named: string[]) => string[], message: string): Handler =>
  (account, { params, body }) => {
    const contact = found(account, params)
    if (!contact) return notFound()
    const read = readTags(body)
    if (read.errors) return invalid(read.errors)
    editContact(account, contact, { tags: after(contact.tags, read.tags) })
    const tags = read.tags.map((name) => tagNamed(account.store, name))
    return answer({
      status: 200,
      message,
      data: { tags: tags.map(({ id, name }) => ({ id: String(id), name })), contact_id: String(contact.id) },
    })
  }

/** PUT /contacts/addTags/{id}.json (§2.6), its message misspelt as published. */
export const addTags = tagsHandler(
  (own, named) => [...new Set([...own, ...named])],
  'Tags were sucessfully added.',
)

/** DELETE /contacts/removeTags/{id}.json, with a body (§2.6). */
export const removeTags = tagsHandler(
  (own, named) => own.filter((tag) => !named.includes(tag)),
  'Tags were successfully removed.',
)

/** GET /contacts/attributes.json: a bare array, without pages (§2.7). */
export const listAttributes: Handler = ({ store }) =>
  answer(store.attributes.map(({ id, title }) => ({ ContactAttribute: { id: String(id), title } })))
