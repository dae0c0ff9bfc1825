import type { Clock } from '../clock.ts'
import type { Resource, ResourceType } from './resource.ts'

/** What searches see: the records as they were some time ago (contract §1.7, "search is an index"). */
export type SearchIndex = {
  write: (resource: Resource) => void
  /** Puts a record in at once; for a seeded world, which is old news. */
  load: (resource: Resource) => void
  of: (type: ResourceType) => Resource[]
  clear: () => void
}

const CATCH_UP_EVERY = 1_000

export const createSearchIndex = (clock: Clock, lagMs: () => number): SearchIndex => {
  const indexed = new Map<ResourceType, Map<string, Resource>>()
  let waiting: { visibleAt: number; resource: Resource }[] = []

  const load = (resource: Resource) => {
    const known = indexed.get(resource.type)
    if (known) known.set(resource.id, resource)
    else indexed.set(resource.type, new Map([[resource.id, resource]]))
  }

  const catchUp = () => {
    const now = clock.now()
    const late = waiting.findIndex(({ visibleAt }) => visibleAt > now)
    const due = late === -1 ? waiting : waiting.slice(0, late)
    waiting = late === -1 ? [] : waiting.slice(late)
    for (const { resource } of due) load(resource)
  }

  return {
    write: (resource) => {
      waiting.push({ visibleAt: clock.now() + lagMs(), resource })
      // Without a search nobody would ever empty it.
      if (waiting.length % CATCH_UP_EVERY === 0) catchUp()
    },
    load,
    of: (type) => {
      catchUp()
      return [...(indexed.get(type)?.values() ?? [])]
    },
    clear: () => {
      indexed.clear()
      waiting = []
    },
  }
}
