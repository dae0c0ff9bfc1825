import { loadConnection } from '../store/connections.ts'
import type { LiteralForms } from '../store/schema.ts'
import type { SyncContext } from './context.ts'

/** How something is said that a vendor's API may not take as it is asked for. */
export interface FormInUse {
  form: keyof LiteralForms
  what: string
  /** `untried`: the next one tries it literally. */
  use: 'literal' | 'nearest' | 'untried'
  literal: string
  nearest: string
}

const WORDS: Record<keyof LiteralForms, Pick<FormInUse, 'what' | 'literal' | 'nearest'>> = {
  conversationChannels: {
    what: 'Channel of a conversation',
    literal: 'the conversation says its channel, chat',
    nearest: 'one chat message carries the headline, which makes the channel chat',
  },
  noteSubject: {
    what: 'Subject and direction of a note',
    literal: 'the note has both as keys of its own',
    nearest: 'they are the first two lines of the note',
  },
  conversationWithoutCustomer: {
    what: 'Conversation of an unknown caller',
    literal: 'the conversation has no customer',
    nearest: 'the customer “Unassociated callers (CloudTalk)” holds it until its own is known',
  },
  contactEditWithoutName: {
    what: 'Edit of a contact',
    literal: 'only what has changed is sent',
    nearest: 'the name is sent with every edit, for this CloudTalk account wants it',
  },
}

const FORMS = Object.keys(WORDS) as (keyof LiteralForms)[]

/** Which form each of them has in this connection, as the vendors have answered so far. */
export async function formsInUse({ db, connection }: SyncContext): Promise<FormInUse[]> {
  const { literalForms } = await loadConnection(db, connection)
  return FORMS.map((form) => {
    const taken = literalForms[form]
    const use = taken === undefined ? 'untried' : taken ? 'literal' : 'nearest'
    return { form, use, ...WORDS[form] }
  })
}
