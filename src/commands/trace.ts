import { reasons } from '../mapping/reasons.ts'
import { writesOf } from '../mapping/write.ts'
import { fieldOnOneLine, writeInWords } from '../mapping/write-in-words.ts'
import type { StoredOutcome } from '../store/outcomes.ts'
import type { TracedRecord } from '../sync/trace.ts'

/** The stories of the records found, for a person. */
export function tracesAsText(records: readonly TracedRecord[], question: string): string {
  if (records.length === 0) {
    return [
      `Nothing is known of "${question}".`,
      'Try a number with its country code, a whole name, an email, or a call or customer id.',
      'A record that is only on one side is known here after the next poll, or after `sync`.',
    ].join('\n')
  }
  return records.map(recordAsText).join('\n\n')
}

function recordAsText({ kind, id, title, at, story }: TracedRecord): string {
  const called = [title === id ? '' : title, at && `of ${inUtc(at)}Z`].filter(Boolean).join(' ')
  const head = `${kind} ${id}  ${called}`.trimEnd()
  if (story.length === 0) return `${head}\n  seen, but nothing was decided about it yet`
  return [head, ...story.map(stepAsText)].join('\n')
}

const inUtc = (at: Date): string => at.toISOString().replace('T', ' ').slice(0, 19)

/** Most reasons want nothing done; saying so at each step would hide those that do. */
const needsSomebody = ({ reason }: StoredOutcome): boolean => !/^Nothing\b/.test(reasons[reason].whatToDo)

/** A note has up to ten thousand characters; a terminal shows how it begins. */
const MOST_CHARACTERS = 300
const shortened = (line: string): string => {
  const flat = line.replaceAll(/\s*\n\s*/g, ' / ')
  return flat.length > MOST_CHARACTERS ? `${flat.slice(0, MOST_CHARACTERS)}…` : flat
}

function stepAsText(step: StoredOutcome): string {
  const at = inUtc(step.at)
  const ids = [
    step.contactId && `contact ${step.contactId}`,
    step.customerId && `customer ${step.customerId}`,
    step.conversationId && `conversation ${step.conversationId}`,
  ].filter(Boolean)
  const writes = writesOf(step.details ?? {}, step.contactId).map(writeInWords)
  return [
    `  ${at}  ${step.outcome} (${step.reason}), by ${step.source}`,
    `    ${step.sentence}`,
    `    ${reasons[step.reason].meaning}`,
    ...(needsSomebody(step) ? [`    What to do: ${reasons[step.reason].whatToDo}`] : []),
    ...writes.flatMap(({ title, fields }) => [
      `    ${title}`,
      ...fields.map((field) => `      ${shortened(fieldOnOneLine(field))}`),
    ]),
    ...(step.details?.undo?.stays ?? []).map((line) => `    stays: ${line}`),
    ...(step.details?.warnings ?? []).map((warning) => `    warning: ${warning}`),
    `    ${[...ids, `${Number(step.requests.toFixed(1))} requests`].join(', ')}`,
    ...(step.nextAt ? [`    tried again at ${new Date(step.nextAt).toISOString()}`] : []),
  ].join('\n')
}
