import type { ApiKey } from './auth.ts'
import { type Operations, ok } from './call.ts'
import { authorship, type Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes } from './resource.ts'
import type { Tag } from './store.ts'
import { render } from './wire.ts'

export type TagAttributes = Attributes & { name: string; deleted: boolean }

/** Ids for names or ids, in order; a name nobody has used makes a new tag (contract §3). */
export function tagIds(org: Org, key: ApiKey, tags: readonly string[]): string[] {
  const ids = tags.map((tag) => {
    if (org.store.tags.has(tag)) return tag
    return org.store.tagByName.get(tag) ?? createTag(org, key, tag).id
  })
  return [...new Set(ids)]
}

function createTag(org: Org, key: ApiKey, name: string): Tag {
  const now = org.timestamp()
  const tag: Tag = {
    type: 'tag',
    id: org.newId(),
    attributes: {
      name,
      color: null,
      deleted: false,
      deletedAt: null,
      createdAt: now,
      updatedAt: now,
      modifiedAt: now,
    },
    related: authorship(key),
  }
  org.store.tags.set(tag.id, tag)
  org.store.tagByName.set(name, tag.id)
  org.written(undefined, tag)
  return tag
}

/** Tags: a list only (contract §3); no role is published for it, so any key may. */
export const tagOperations: Operations = {
  'GET /tags': {
    handle: (call) => {
      const deleted = call.query.get('deleted')
      const tags = [...call.org.store.tags.values()].filter(
        ({ attributes }) => deleted === null || String(attributes.deleted) === deleted,
      )
      return ok(listPage(call, tags, render))
    },
  },
}
