import { type Operations, ok } from './call.ts'
import { showOneOrMany } from './customers.ts'
import { badParameter, notFound } from './errors.ts'
import { idOfKey, ORG_ID, ORG_NAME } from './ids.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Resource } from './resource.ts'
import { render } from './wire.ts'

const FILTERS = ['email', 'pending', 'deleted', 'userType'] as const

const TESTS: Record<(typeof FILTERS)[number], (user: Resource, value: string) => boolean> = {
  email: ({ attributes }, value) => String(attributes.email ?? '').toLowerCase() === value.toLowerCase(),
  // Nobody here waits for an invitation, and users are deactivated, never deleted (contract §3).
  pending: (_user, value) => value === 'false',
  deleted: ({ attributes }, value) => String(attributes.deletedAt !== null) === value,
  userType: ({ attributes }, value) => attributes.userType === value,
}

function findUsers(org: Org, query: URLSearchParams): Resource[] {
  const given = FILTERS.filter((name) => query.has(name))
  const [filter, second] = given
  if (second !== undefined) throw badParameter(second, 'Filters cannot be combined')
  const users = [...org.store.users.values()]
  return filter === undefined ? users : users.filter((user) => TESTS[filter](user, query.get(filter) ?? ''))
}

function requireUser(org: Org, id: string): Resource {
  const user = org.store.users.get(id)
  if (!user) throw notFound('id')
  return user
}

/** Users, and who the key itself is (contract §1.2, §3). No role is published for these, so any key may. */
export const userOperations: Operations = {
  'GET /users': { handle: (call) => ok(listPage(call, findUsers(call.org, call.query), render, 500)) },
  'GET /users/current': {
    handle: ({ org, key }) => ok({ data: render(requireUser(org, key.userId)) }),
  },
  'GET /users/:id/teams': {
    handle: (call) => {
      const { id } = requireUser(call.org, call.params.id ?? '')
      const teams = [...call.org.store.teams.values()]
      const own = teams.filter(({ attributes }) => (attributes.members as string[]).includes(id))
      return ok(listPage(call, own, render, 500))
    },
  },
  'GET /users/:id': {
    handle: ({ org, params }) =>
      showOneOrMany(
        params.id ?? '',
        (id) => org.store.users.get(id),
        (id) => requireUser(org, id),
      ),
  },
  'GET /auth/tokens/current': {
    handle: ({ org, key }) => {
      const now = org.timestamp()
      const attributes = {
        name: key.name,
        roles: key.roles,
        lastTokenChars: key.token.slice(-4),
        ipAddress: '127.0.0.1',
        userAgent: null,
        createdAt: now,
        updatedAt: now,
        lastAccessedAt: now,
      }
      const self = `/v1/auth/tokens/${key.id}`
      const relationships = {
        org: { data: { type: 'org', id: ORG_ID }, links: { self: `/v1/orgs/${ORG_ID}` } },
        user: { data: { type: 'user', id: key.userId }, links: { self: `/v1/users/${key.userId}` } },
      }
      return ok({ data: { type: 'token', id: key.id, attributes, relationships, links: { self } } })
    },
  },
  'GET /orgs/current': {
    handle: () =>
      ok({
        data: {
          type: 'org',
          id: ORG_ID,
          attributes: { name: ORG_NAME, displayName: 'Acme' },
          relationships: {},
          links: { self: `/v1/orgs/${ORG_ID}` },
        },
      }),
  },
}

/** The machine user that a key writes as; it has no email (contract §1.2). */
export function storeMachineUser(
  org: Org,
  key: { userId: string; name: string; roles: readonly string[] },
): void {
  const now = org.timestamp()
  org.store.users.set(key.userId, {
    type: 'user',
    id: key.userId,
    attributes: {
      ...userAttributes(key.name, null, now),
      displayName: null,
      userType: 'machine',
      roles: key.roles,
    },
    related: { createdBy: idOfKey('person', 'person-1') },
  })
}

export const userAttributes = (name: string, email: string | null, createdAt: string) => ({
  displayName: name,
  name,
  email,
  userType: 'user',
  mobile: null,
  roles: ['org.user'],
  roleGroups: [],
  avatarUrl: null,
  createdAt,
  updatedAt: createdAt,
  deletedAt: null,
})
