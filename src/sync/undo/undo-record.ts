import {
  decideUndo,
  type NetWrite,
  netWrites,
  type StayReason,
  stayReasons,
  type UndoDecision,
  type UndoStep,
  withLater,
} from '../../mapping/undo.ts'
import type { Write, WrittenTo } from '../../mapping/write.ts'
import { fieldOnOneLine, writeInWords } from '../../mapping/write-in-words.ts'
import type { Undoing } from '../../store/schema.ts'
import type { LaterWrite } from '../../store/undo-plan.ts'
import type { SyncContext } from '../context.ts'
import { lookAt, type Target } from './targets.ts'

/** Where the steps of an undo are done, or only imagined. */
export interface Stage {
  /** When the run began that is undone. */
  since: Date
  isGone(to: WrittenTo, id: string): boolean
  /** The target as it would stand after the steps so far. */
  imagined(write: NetWrite, target: Target): Target
  /** Takes a step at a vendor, and here. @returns why the record stays after all, if it does. */
  take(write: NetWrite, target: Target, step: UndoStep): Promise<UndoDecision['stays']>
  unlink(customerId: string, contactId: string): Promise<void>
}

/** What a stage knows a vendor's record by. */
export const keyOf = (to: string, id: string): string => `${to} ${id}`

/** What a run has written for one record, and what was written to the same since. */
export interface WrittenByRun {
  writes: readonly Write[]
  later: readonly LaterWrite[]
}

/** Takes back what a run has written for one record, as far as it still stands. */
export async function undoRecord(
  context: SyncContext,
  { writes, later }: WrittenByRun,
  stage: Stage,
): Promise<Undoing> {
  if (writes.length === 0) return { takenBack: [], stays: [`${stayReasons.notKept}`] }
  const net = netWrites(writes).map((write) => withLater(write, later))
  const links = net.filter(({ to }) => to === 'link')
  const linked = links.map(({ id }) => id)
  const undoing: Undoing = { takenBack: [], stays: [] }
  /** Conversations of this record that stay: so does what stands in them. */
  const staying = new Set<string>()
  for (const write of net.filter(({ to }) => to !== 'link')) {
    if (write.conversationId !== undefined && staying.has(write.conversationId)) {
      undoing.stays.push(stayInWords(write, undefined, 'within'))
      continue
    }
    const { since, isGone } = stage
    const looked = await lookAt(context, write, { since, isGone, linked })
    const target = stage.imagined(write, looked)
    const { step, stays } = decideUndo(write, target.stands)
    const late = step ? await stage.take(write, target, step) : []
    if (late.length === 0) undoing.takenBack.push(...stepInWords(write, step))
    stays.push(...late)
    undoing.stays.push(...stays.map(({ field, why }) => stayInWords(write, field, why)))
    if (write.to === 'conversation' && stays.length > 0) staying.add(write.id)
  }
  for (const link of links) await undoLink(link, stage, undoing)
  return undoing
}

/** Two that the run has joined part again, where one of them is gone or both are as they were. */
async function undoLink(link: NetWrite, stage: Stage, undoing: Undoing): Promise<void> {
  const contactId = String(link.fields.contact?.after ?? '')
  const parted = stage.isGone('contact', contactId) || stage.isGone('customer', link.id)
  const rejoined = link.broken.length > 0
  if (!parted && (rejoined || undoing.stays.length > 0)) {
    undoing.stays.push(stayInWords(link, undefined, rejoined ? 'changed' : 'partner'))
    return
  }
  await stage.unlink(link.id, contactId)
  undoing.takenBack.push(`customer ${link.id} and contact ${contactId}: not linked any more`)
}

/** A chat message that goes with its conversation needs no word of its own. */
function stepInWords(write: NetWrite, step: UndoStep | undefined): string[] {
  const name = `${write.to} ${write.id}`
  const withinGone = write.to === 'note' || write.to === 'message'
  switch (step?.kind) {
    case undefined:
      return []
    case 'gone':
      return withinGone ? [] : [`${name}: gone already`]
    case 'delete':
      return [`${name}: deleted`]
    case 'restore': {
      const fields = Object.entries({ ...step.held, ...step.fields }).map(
        ([field, before]) => [field, { before: write.fields[field]?.after ?? null, after: before }] as const,
      )
      const words = writeInWords({ ...write, did: 'changed', fields: Object.fromEntries(fields) })
      return words.fields.map((field) => `${name}, ${fieldOnOneLine(field)}`)
    }
  }
}

function stayInWords(write: NetWrite, field: string | undefined, why: StayReason): string {
  if (write.to === 'link') {
    return `the link of customer ${write.id} and contact ${String(write.fields.contact?.after)}: ${stayReasons[why]}`
  }
  const [label] =
    field === undefined
      ? []
      : writeInWords({ ...write, did: 'changed', fields: { [field]: { after: '' } } }).fields
  return `${write.to} ${write.id}${label ? `, ${label.label}` : ''}: ${stayReasons[why]}`
}
