import { z } from 'zod'
import { ask, find, idPath } from './requests.ts'
import { type SearchQuery, search } from './search.ts'
import type { Transport } from './transport.ts'
import {
  flag,
  list,
  number,
  optional,
  type Page,
  type PageRequest,
  paged,
  resource,
  rev,
  single,
  text,
  time,
} from './wire.ts'

const verified = optional(z.boolean())
/** Entries without a value are left out. */
const emails = list(
  z
    .object({ email: text, type: text, verified })
    .transform(({ email, ...more }) => (email === undefined ? null : { email, ...more })),
)
const phones = list(
  z
    .object({ phone: text, type: text, verified })
    .transform(({ phone, ...more }) => (phone === undefined ? null : { phone, ...more })),
)
const urls = list(
  z
    .object({ url: text, type: text })
    .transform(({ url, type }) => (url === undefined ? null : { url, type })),
)

/** Exactly what a write takes (§2.3), so that a location can be sent back as it was read. */
const location = z.object({
  type: text,
  name: text,
  address: text,
  address2: text,
  address3: text,
  latitude: number,
  longitude: number,
  countryCode: text,
  countryName: text,
  regionCode: text,
  regionName: text,
  cityName: text,
  zipCode: text,
  areaCode: text,
})

/** A customer as every answer and webhook has it (§2.3). */
export const customerSchema = resource(
  z.object({
    rev,
    name: text,
    displayName: text,
    externalId: text,
    emails,
    phones,
    whatsapps: phones,
    sharedEmails: emails,
    sharedPhones: phones,
    sharedWhatsapps: phones,
    urls,
    locations: list(location),
    tags: list(z.string()),
    companyName: text,
    deleted: flag,
    createdAt: time,
    updatedAt: time,
    modifiedAt: time,
  }),
)

export type Customer = z.output<typeof customerSchema>
export type CustomerLocation = z.output<typeof location>

type Nullable<T> = { [K in keyof T]?: T[K] | null }

/** What a write takes (§2.3). Lists replace lists; leaving out `company` unlinks it (§2.2). */
export type CustomerWrite = {
  name?: string | null
  externalId?: string | null
  /** Company id. */
  company?: string | null
  emails?: { email: string; type?: string; verified?: boolean }[]
  sharedEmails?: { email: string; type?: string; verified?: boolean }[]
  phones?: { phone: string; type?: string; verified?: boolean }[]
  sharedPhones?: { phone: string; type?: string; verified?: boolean }[]
  whatsapps?: { phone: string; type?: string; verified?: boolean }[]
  urls?: { url: string; type?: string }[]
  locations?: Nullable<CustomerLocation>[]
  /** Ids, or names. */
  tags?: string[]
  createdAt?: string
  importedAt?: string
  /** With it a stale write is a conflict, without it the last write wins (§1.7). */
  rev?: number
}

export type CustomerPage = Omit<Page<Customer>, 'items'> & { customers: Customer[] }

/** ISO times (§1.5). */
type ListFilter = { createdAt?: { gte?: string; lt?: string } }

const mergeSchema = resource(z.object({ rev, status: text }))

const one = single(customerSchema)
const asCustomers = ({ items, ...page }: Page<Customer>): CustomerPage => ({ customers: items, ...page })

export const createCustomers = (transport: Transport) => {
  /** The `=` in the path is literal, its value percent-encoded (§2.1). */
  const byKey = (key: 'email' | 'phone' | 'externalId', value: string) =>
    find(transport, one, {
      method: 'GET',
      route: `/customers/${key}=:${key}`,
      path: `/customers/${key}=${encodeURIComponent(value)}`,
    })

  return {
    get: (id: string): Promise<Customer> =>
      ask(transport, one, { method: 'GET', route: '/customers/:id', path: idPath('/customers', id) }),

    byEmail: (email: string): Promise<Customer | undefined> => byKey('email', email),

    /** As it was sent: Kustomer stores phones with or without their `+` (§2.5). */
    byPhone: (phone: string): Promise<Customer | undefined> => byKey('phone', phone),

    byExternalId: (externalId: string): Promise<Customer | undefined> => byKey('externalId', externalId),

    create: (body: CustomerWrite): Promise<Customer> =>
      ask(transport, one, { method: 'POST', route: '/customers', path: '/customers', body }),

    /** PUT without `replace`: what the body does not name stays, except the company (§2.2). */
    update: (id: string, body: CustomerWrite): Promise<Customer> =>
      ask(transport, one, { method: 'PUT', route: '/customers/:id', path: idPath('/customers', id), body }),

    delete: async (id: string): Promise<void> => {
      await transport({ method: 'DELETE', route: '/customers/:id', path: idPath('/customers', id) })
    },

    /** Starts merging `source` into `target`; it cannot be undone (§2.7). */
    merge: (source: string, target: string): Promise<{ id: string; status: string | undefined }> =>
      ask(transport, single(mergeSchema), {
        method: 'POST',
        route: '/customers/merges',
        path: '/customers/merges',
        body: { source, target },
      }),

    search: async (query: SearchQuery, page: PageRequest = {}): Promise<CustomerPage> =>
      asCustomers(await search(transport, '/customers/search', 'customer', customerSchema, query, page)),

    /** Those that {@link search} leaves out: without activity for two years (§1.7). */
    searchArchive: async (query: SearchQuery, page: PageRequest = {}): Promise<CustomerPage> =>
      asCustomers(
        await search(transport, '/customers/archive/search', 'customer', customerSchema, query, page),
      ),

    /** All of them, or those of a time (§1.5): no cap on pages, no totals, no deleted ones. */
    list: async ({ page, pageSize }: PageRequest = {}, filter: ListFilter = {}): Promise<CustomerPage> =>
      asCustomers(
        await ask(transport, paged(customerSchema), {
          method: 'GET',
          route: '/customers',
          path: '/customers',
          query: {
            page,
            pageSize,
            'filter[createdAt][gte]': filter.createdAt?.gte,
            'filter[createdAt][lt]': filter.createdAt?.lt,
          },
        }),
      ),
  }
}
