import type { Outcome } from '../../store/outcomes.ts'
import type { OutcomeDetails } from '../../store/schema.ts'
import type { SettledGroup } from './settle-group.ts'

/** What people are told of a group that was brought in step. */
export function groupOutcome(
  contactId: string,
  settled: Extract<SettledGroup, { kind: 'settled' }>,
): Outcome {
  const { toContact, toCustomers, conflicts, provenance, warnings } = settled
  const onContact = Object.keys(toContact)
  const onCustomers = [...new Set(Object.values(toCustomers).flatMap((body) => Object.keys(body)))]
  const details: OutcomeDetails = {
    ...(conflicts.length > 0 && { conflicts }),
    ...(provenance && { provenance }),
    ...(warnings.length > 0 && { warnings }),
  }
  if (onContact.length === 0 && onCustomers.length === 0) {
    const sentence = 'Both sides already say the same.'
    return { outcome: 'unchanged', reason: 'NOTHING_CHANGED', sentence, contactId, details }
  }
  const sentence = [
    onContact.length > 0 && `Changed on the contact: ${onContact.join(', ')}.`,
    onCustomers.length > 0 && `Changed on the customer: ${onCustomers.join(', ')}.`,
    ...conflicts.map(
      ({ field, kept }) => `Both sides had changed ${field}; the ${kept}’s value, the newer one, stays.`,
    ),
  ]
    .filter((part) => part !== false)
    .join(' ')
  return { outcome: 'updated', reason: 'FIELDS_CHANGED', sentence, contactId, details }
}
