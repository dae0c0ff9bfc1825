import { rolesFor } from './auth.ts'
import { type Call, created, NO_CONTENT, type Operations, ok } from './call.ts'
import { emailKey, externalIdKey, phoneKey } from './customer-keys.ts'
import { createCustomer, saveCustomer, updateCustomer } from './customer-writes.ts'
import { notFound } from './errors.ts'
import { filterCustomers } from './list-filters.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import { readBodyAs } from './schema-problems.ts'
import { customerWrite } from './schemas/customer.ts'
import type { Customer } from './store.ts'
import { render } from './wire.ts'

const ROLES = rolesFor('customer')

/** @throws {KustomerError} 404 for an unknown id, and for a deleted one unless the switch shows those. */
export function requireCustomer(org: Org, id: string, parameter = 'id'): Customer {
  const customer = org.store.customers.get(id)
  if (!customer || (customer.deleted && org.switches().getDeleted === 'notfound')) throw notFound(parameter)
  return customer
}

/** One record by id, or several by a comma list, which leaves out what it does not find. */
export function showOneOrMany<R extends Parameters<typeof render>[0]>(
  ids: string,
  find: (id: string) => R | undefined,
  require: (id: string) => R,
) {
  if (!ids.includes(',')) return ok({ data: render(require(ids)) })
  const found = ids.split(',').flatMap((id) => find(id.trim()) ?? [])
  return ok({ data: found.map(render) })
}

function byKey({ org }: Call, keys: string[], parameter: string) {
  for (const key of keys) {
    const id = org.store.customerByKey.get(key)
    const customer = id === undefined ? undefined : org.store.customers.get(id)
    if (customer) return ok({ data: render(customer) })
  }
  throw notFound(parameter)
}

const otherPlus = (phone: string): string => (phone.startsWith('+') ? phone.slice(1) : `+${phone}`)

function write(call: Call, replace: boolean) {
  const { org, key, params, body } = call
  const before = requireCustomer(org, params.id ?? '')
  org.limits.take('updatesPerObjectPerMinute', `${key.id}:${before.id}`)
  const customer = updateCustomer(org, key, before, readBodyAs(customerWrite, body), replace)
  return ok({ data: render(customer) })
}

const living = (customer: Customer | undefined) => (customer?.deleted ? undefined : customer)

/** Customers: lists, look-ups and writes (contract §2). */
export const customerOperations: Operations = {
  'GET /customers': {
    roles: ROLES.read,
    handle: (call) => {
      const customers = [...call.org.store.customers.values()].filter((customer) => !customer.deleted)
      return ok(listPage(call, filterCustomers(call.query, customers), render))
    },
  },
  'POST /customers': {
    roles: ROLES.create,
    handle: ({ org, key, body }) =>
      created({ data: render(createCustomer(org, key, readBodyAs(customerWrite, body))) }),
  },
  'GET /customers/email=:email': {
    roles: ROLES.read,
    handle: (call) => byKey(call, [emailKey(call.params.email ?? '')], 'email'),
  },
  'GET /customers/phone=:phone': {
    roles: ROLES.read,
    handle: (call) => {
      const phone = call.params.phone ?? ''
      const phones = call.org.switches().phoneLookupIgnoresPlus ? [phone, otherPlus(phone)] : [phone]
      return byKey(call, phones.map(phoneKey), 'phone')
    },
  },
  'GET /customers/externalId=:externalId': {
    roles: ROLES.read,
    handle: (call) => byKey(call, [externalIdKey(call.params.externalId ?? '')], 'externalId'),
  },
  'GET /customers/:id': {
    roles: ROLES.read,
    handle: ({ org, params }) =>
      showOneOrMany(
        params.id ?? '',
        (id) => living(org.store.customers.get(id)),
        (id) => requireCustomer(org, id),
      ),
  },
  'PUT /customers/:id': {
    roles: ROLES.update,
    handle: (call) => write(call, call.query.get('replace') === 'true'),
  },
  'PATCH /customers/:id': { roles: ROLES.update, handle: (call) => write(call, false) },
  'DELETE /customers/:id': {
    roles: ROLES.delete,
    handle: ({ org, params }) => {
      deleteCustomer(org, params.id ?? '')
      return NO_CONTENT
    },
  },
}

/** Soft: only a search with `includeDeleted` still finds it, and its keys are free again (contract §2.7). */
export function deleteCustomer(org: Org, id: string): Customer {
  const before = org.store.customers.get(id)
  if (!before || before.deleted) throw notFound('id')
  const now = org.timestamp()
  const { attributes } = before
  return saveCustomer(org, before, {
    ...before,
    deleted: true,
    attributes: { ...attributes, deleted: true, updatedAt: now, modifiedAt: now, rev: attributes.rev + 1 },
  })
}
