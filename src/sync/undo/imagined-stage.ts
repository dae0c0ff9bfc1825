import type { NetWrite, Stands } from '../../mapping/undo.ts'
import type { Vendor } from '../../store/schema.ts'
import { keyOf, type Stage } from './undo-record.ts'

/** At a customer and its conversations, right before it is deleted. */
const LOOKS_AGAIN = 2

export interface ImaginedStage extends Stage {
  /** Requests that the steps so far would take, besides the looks. */
  writes(): { contacts: number } & Record<Vendor, number>
}

/** Takes no step, and remembers all of them: what comes later meets what they would leave. */
export function imaginedStage(since: Date): ImaginedStage {
  const gone = new Set<string>()
  const restored = new Map<string, Record<string, unknown>>()
  const counts = { contacts: 0, cloudtalk: 0, kustomer: 0 }
  const standsNow = (write: NetWrite, stands: Stands): Stands => {
    const key = keyOf(write.to, write.id)
    if (gone.has(key)) return { kind: 'gone' }
    if (stands.kind === 'gone') return stands
    return { ...stands, fields: { ...stands.fields, ...restored.get(key) } }
  }
  return {
    since,
    isGone: (to, id) => gone.has(keyOf(to, id)),
    imagined: (write, target) => ({ ...target, stands: standsNow(write, target.stands) }),
    async take(write, { vendor }, step) {
      const key = keyOf(write.to, write.id)
      if (step.kind === 'restore') restored.set(key, { ...restored.get(key), ...step.fields })
      else gone.add(key)
      const writes =
        step.kind === 'delete' || (step.kind === 'restore' && Object.keys(step.fields).length > 0)
      if (!writes) return []
      if (write.to === 'contact') counts.contacts++
      else counts[vendor] += step.kind === 'delete' && write.to === 'customer' ? 1 + LOOKS_AGAIN : 1
      return []
    },
    unlink: async (customerId) => {
      gone.add(keyOf('link', customerId))
    },
    writes: () => ({ ...counts }),
  }
}
