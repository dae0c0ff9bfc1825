import type { Telling, Witness } from './load-balancer.ts'

/**
 * What the vendors have told, seen from before the service's door. Messages are known by nothing else (requirements §4:
 * CloudTalk has no list of them), and neither are edits of what CloudTalk's contact list does not show.
 */
export interface Witnessed extends Witness {
  /** How far the word of a message has come. */
  message(channel: string, id: number): 'never came' | 'came' | 'taken'
  /** Whether the service has taken the word of a contact's creation or edit, at or after `since`. */
  contactTold(id: number, since: number): boolean
}

export function createWitness(): Witnessed {
  const came = new Set<string>()
  const taken = new Set<string>()
  const contacts = new Map<string, number>()
  const messageKey = ({ trigger, body }: Telling): string | undefined =>
    trigger?.startsWith('Message ') ? `${body.channel} ${body.id}` : undefined
  return {
    arrived(telling) {
      const key = messageKey(telling)
      if (key !== undefined) came.add(key)
    },
    taken(telling) {
      const key = messageKey(telling)
      if (key !== undefined) taken.add(key)
      if (telling.trigger?.startsWith('Contact ')) contacts.set(String(telling.body.id), Date.now())
    },
    message(channel, id) {
      const key = `${channel} ${id}`
      return taken.has(key) ? 'taken' : came.has(key) ? 'came' : 'never came'
    },
    contactTold: (id, since) => (contacts.get(String(id)) ?? Number.NEGATIVE_INFINITY) >= since,
  }
}
