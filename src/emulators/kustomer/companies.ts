import { type ApiKey, rolesFor } from './auth.ts'
import { type Call, created, type Operations, ok } from './call.ts'
import { requireRev } from './customer-writes.ts'
import { notFound } from './errors.ts'
import { authorship, type Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { type CompanyWrite, companyCreate, companyUpdate } from './schemas/company.ts'
import type { Company } from './store.ts'
import { tagIds } from './tags.ts'
import { render } from './wire.ts'

export type CompanyAttributes = Attributes & { name: string; rev: number }

const ROLES = rolesFor('company')

const EMPTY = { externalId: null, emails: [], phones: [], whatsapps: [], socials: [], urls: [], tags: [] }

function requireCompany(org: Org, id: string): Company {
  const company = org.store.companies.get(id)
  if (!company) throw notFound('id')
  return company
}

function saveCompany(org: Org, before: Company | undefined, after: Company): Company {
  org.store.companies.set(after.id, after)
  org.written(before, after)
  return after
}

export function createCompany(org: Org, key: ApiKey, body: CompanyWrite & { name: string }): Company {
  const now = org.timestamp()
  const { rev: _rev, ...written } = body
  const tags = tagIds(org, key, body.tags ?? [])
  return saveCompany(org, undefined, {
    type: 'company',
    id: org.newId(),
    attributes: { ...EMPTY, createdAt: now, ...written, tags, updatedAt: now, modifiedAt: now, rev: 1 },
    related: authorship(key),
  })
}

export function updateCompany(org: Org, key: ApiKey, before: Company, body: CompanyWrite): Company {
  requireRev(before, body.rev)
  const now = org.timestamp()
  const { attributes } = before
  const tags = body.tags ? { tags: tagIds(org, key, body.tags) } : {}
  return saveCompany(org, before, {
    ...before,
    attributes: { ...attributes, ...body, ...tags, updatedAt: now, modifiedAt: now, rev: attributes.rev + 1 },
    related: { ...before.related, modifiedBy: key.userId },
  })
}

function update({ org, key, params, body }: Call) {
  const before = requireCompany(org, params.id ?? '')
  org.limits.take('updatesPerObjectPerMinute', `${key.id}:${before.id}`)
  return ok({ data: render(updateCompany(org, key, before, readBodyAs(companyUpdate, body))) })
}

/** Companies (contract §3). */
export const companyOperations: Operations = {
  'GET /companies': {
    roles: ROLES.read,
    handle: (call) => ok(listPage(call, [...call.org.store.companies.values()], render)),
  },
  'POST /companies': {
    roles: ROLES.create,
    handle: ({ org, key, body }) =>
      created({ data: render(createCompany(org, key, readBodyAs(companyCreate, body))) }),
  },
  'GET /companies/:id': {
    roles: ROLES.read,
    handle: ({ org, params }) => ok({ data: render(requireCompany(org, params.id ?? '')) }),
  },
  'PUT /companies/:id': { roles: ROLES.update, handle: update },
  'PATCH /companies/:id': { roles: ROLES.update, handle: update },
}
