import type { E164 } from '../../mapping/records.ts'
import type { TimelineChat, TimelineConversation, TimelineNote } from '../../mapping/timeline.ts'
import type { TimelineKind } from '../../store/schema.ts'
import type { Standing } from '../../store/timeline.ts'

/** Who is on the other end, as far as CloudTalk knows. */
export interface Caller {
  /** Undefined where it is withheld, or no number. */
  number: E164 | undefined
  channel: 'phone' | 'whatsapp'
  contact: { id: string; name?: string } | undefined
}

/** A call or a message, as it is to stand on its customer's timeline. */
export interface TimelineItem {
  kind: TimelineKind
  /** The call's id, or what the message is called in Kustomer. */
  id: string
  caller: Caller
  conversation: TimelineConversation
  /** The message that makes the conversation's channel chat; undefined where the settings leave it out. */
  chat: TimelineChat | undefined
  noteOf(literalSubject: boolean, contactName: string | undefined): TimelineNote
  standing: Standing
}
