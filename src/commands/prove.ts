import { isProved, type Proof, problems, type Tally } from '../sync/prove/proof.ts'

/** Problems that are listed one by one; the others are counted. */
const LISTED = 50

/** A day's proof, for a person. */
export function proofAsText(proof: Proof): string {
  const listed = proof.problems.slice(0, LISTED)
  const more = proof.problems.length - listed.length
  return [
    `${proof.day} (${proof.from} to ${proof.to})`,
    tallyAsText('Calls', 'logged', proof.calls),
    tallyAsText('Messages', 'logged', proof.messages),
    tallyAsText('Customers', 'in step', proof.customers),
    tallyAsText('Contacts', 'in step', proof.contacts),
    `Kustomer: ${proof.conversations.total} conversations by this key, ${proof.conversations.unexplained} without a call or message`,
    '',
    ...listed.map(
      ({ kind, id, what, conversationId }) =>
        `  ${kind} ${id}${conversationId ? ` (conversation ${conversationId})` : ''}: ${problems[what]}`,
    ),
    ...(more > 0 ? [`  and ${more} more; --json lists all`] : []),
    verdict(proof),
  ].join('\n')
}

function verdict(proof: Proof): string {
  if (isProved(proof)) return 'Nothing is missing: every record is done, skipped with a reason, or under way.'
  const count = proof.problems.length
  const what = count === 1 ? 'One record is not explained' : `${count} records are not explained`
  if (proof.repaired > 0)
    return `${what}; ${proof.repaired} are being settled again. Prove the day again in a while.`
  return `${what}. With --repair they are settled again.`
}

function tallyAsText(title: string, done: string, tally: Tally): string {
  const skipped = Object.entries(tally.skipped).map(([reason, count]) => `${count} skipped (${reason})`)
  const parts = [
    `${tally.done} ${done}`,
    ...skipped,
    ...(tally.deleted > 0 ? [`${tally.deleted} deleted in Kustomer since`] : []),
    ...(tally.before > 0 ? [`${tally.before} from before the connection began`] : []),
    ...(tally.pending > 0 ? [`${tally.pending} under way`] : []),
    ...(tally.failed > 0 ? [`${tally.failed} failed`] : []),
    ...(tally.unexplained > 0 ? [`${tally.unexplained} not explained`] : []),
  ]
  return `${title}: ${tally.total}${tally.total > 0 ? ` = ${parts.join(' + ')}` : ''}`
}
