/** What stands on a customer's timeline for one call or message, in Kustomer's own keys (contract kustomer §4, §5). */

export interface TimelineConversation {
  externalId: string
  name: string
  direction: 'in' | 'out'
  status: 'open' | 'done'
  createdAt: string
}

export interface TimelineNote {
  externalId: string
  /** With `direction`, only where this Kustomer takes them as keys of a note. */
  subject?: string
  direction?: 'in' | 'out'
  body: string
  createdAt: string
}

/** The one chat message, which makes the conversation's channel Chat. */
export interface TimelineChat {
  externalId: string
  channel: 'chat'
  app: 'cloudtalk'
  direction: 'in' | 'out'
  subject: string
  preview: string
  sentAt: string
  createdAt: string
}
