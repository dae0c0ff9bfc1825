import { type Assignment, assignmentSentence } from '../../mapping/assignment.ts'
import { changesOf } from '../../mapping/write.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import { ifThere } from './if-there.ts'
import type { TimelineItem } from './item.ts'
import { save } from './standing.ts'

/** Gives a logged conversation to somebody, unless a person has done so. */
export async function assignLater(
  context: SyncContext,
  item: TimelineItem,
  assignment: Assignment | undefined,
): Promise<Assignment | undefined> {
  const { conversationId } = item.standing
  if (conversationId === undefined || item.standing.assigned !== 'later' || !assignment) return undefined
  const { vendors } = context
  const conversation = await ifThere(
    vendors.kustomer(({ conversations }) => conversations.get(conversationId)),
  )
  if (!conversation) return undefined
  const assignees = [...conversation.assignedUsers, ...conversation.assignedTeams]
  const { userId, teamId } = assignment
  // An earlier try, whose answer was lost, has given it to them.
  const ours = assignees.every((id) => id === userId || id === teamId)
  const taken = assignees.length > 0 && !ours
  if (assignees.length === 0) {
    await vendors.kustomer(({ conversations }) =>
      conversations.update(conversationId, {
        ...assigneesOf(assignment),
        ...(conversation.rev !== undefined && { rev: conversation.rev }),
      }),
    )
    const fields = changesOf({ assignedUsers: [], assignedTeams: [] }, assigneesOf(assignment))
    wrote({ to: 'conversation', id: conversationId, did: 'changed', fields })
  }
  // What a person has decided is not looked at again.
  await save(context, item, { assigned: assignment })
  return taken ? undefined : assignment
}

/** The outcome of a settle that has also given the conversation to somebody. */
export const withAssignment = (outcome: Outcome, assigned: Assignment): Outcome => ({
  ...outcome,
  ...(outcome.outcome === 'unchanged' && { outcome: 'updated', reason: 'ASSIGNED' }),
  sentence: `The conversation was ${assignmentSentence(assigned)}.`,
  details: { ...outcome.details, assigned },
})

/** An assignment in a conversation's own keys. */
export const assigneesOf = (
  assignment: Assignment | undefined,
): { assignedUsers?: string[]; assignedTeams?: string[] } => ({
  ...(assignment?.userId !== undefined && { assignedUsers: [assignment.userId] }),
  ...(assignment?.teamId !== undefined && { assignedTeams: [assignment.teamId] }),
})
