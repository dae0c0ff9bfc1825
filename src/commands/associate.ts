import { UNASSOCIATED } from '../http/operations.ts'
import type { Unassociated } from '../store/timeline-conversations.ts'

/** Conversations that belong to nobody yet, for a person. */
export function unassociatedAsText(conversations: readonly Unassociated[]): string {
  if (conversations.length === 0) return 'Every logged call and message belongs to a customer.'
  const rows = conversations.map(({ kind, id, externalNumber, at, conversationId }) =>
    [
      at ? at.toISOString().replace('T', ' ').slice(0, 19) : 'at an unknown time',
      (externalNumber ?? 'no number').padEnd(16),
      `${kind} ${id}`.padEnd(24),
      `conversation ${conversationId}`,
    ].join('  '),
  )
  return [
    conversations.length < UNASSOCIATED
      ? `Belong to nobody yet: ${conversations.length}.`
      : `Belong to nobody yet, the latest ${UNASSOCIATED}:`,
    ...rows,
    '',
    'Move one: associate <call, message or conversation id> <customer id, email or number>',
  ].join('\n')
}
