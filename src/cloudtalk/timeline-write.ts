import { idToWire } from './wire.ts'

/** The kinds of timeline entries (contract §2.9). */
export type ActivityType =
  | 'order'
  | 'task'
  | 'chat'
  | 'ticket'
  | 'other'
  | 'invoice'
  | 'proforma'
  | 'estimate'
  | 'cancel'

export type ActivityWrite = {
  type?: ActivityType
  name?: string
  /** ISO date; the vendor's default is now in the company's zone (contract §1.5). */
  activityDate?: string
  description?: string
  activityAuthor?: string
  externalId?: number
  externalUrl?: string
}

export type NoteWrite = { note: string; userId?: string }

export const activityToWire = (activity: ActivityWrite) => ({
  type: activity.type,
  name: activity.name,
  activity_date: activity.activityDate,
  description: activity.description,
  activity_author: activity.activityAuthor,
  external_id: activity.externalId,
  external_url: activity.externalUrl,
})

export const noteToWire = (note: NoteWrite) => ({
  note: note.note,
  user_id: note.userId === undefined ? undefined : idToWire(note.userId),
})
