import { CloudTalkError, type Contact } from '../../cloudtalk/index.ts'
import type { SyncContext } from '../context.ts'

/** The contact as CloudTalk has it now; nothing where it has none. */
export async function showContact(context: SyncContext, contactId: string): Promise<Contact | undefined> {
  try {
    return await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.show(contactId))
  } catch (error) {
    if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}
