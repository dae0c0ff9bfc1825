import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import { loadConnection, rememberLiteralForm } from '../store/connections.ts'
import type { LiteralForms } from '../store/schema.ts'
import type { SyncContext } from './context.ts'

/**
 * Some of what requirements §3 asks for has no field in Kustomer's published API, and older CloudTalk accounts want the
 * name in every edit of a contact (contract cloudtalk §2.4). The better form is tried; where the API refuses it naming
 * the key, the connection remembers that and uses the nearest form from then on.
 */
export interface VendorForms {
  /** Whether the literal form is to be used: until the API has refused it, yes. */
  literal(form: keyof LiteralForms): boolean
  /** Whether the API has told: what it may still refuse does not share a request with others. */
  known(form: keyof LiteralForms): boolean
  /** @returns true when the error refuses exactly this form, which is then remembered. */
  refused(error: unknown, form: keyof LiteralForms): Promise<boolean>
  accepted(form: keyof LiteralForms): Promise<void>
  /** Runs one at a time while nobody knows whether a form is taken: of a hundred at once, all would be refused. */
  firstAlone<T>(form: keyof LiteralForms, work: () => Promise<T>): Promise<T>
}

/** The keys by which a refusal names a form. */
const KEYS: Record<keyof LiteralForms, readonly string[]> = {
  conversationChannels: ['channels'],
  noteSubject: ['subject', 'direction'],
  conversationWithoutCustomer: ['customer'],
  contactEditWithoutName: ['name'],
}

/** Read once by each process: what another learns later it learns by a refusal of its own. */
const known = new WeakMap<SyncContext, Promise<VendorForms>>()

export function vendorForms(context: SyncContext): Promise<VendorForms> {
  const forms = known.get(context) ?? loadForms(context)
  known.set(context, forms)
  // What could not be read is read again by the next call.
  forms.catch(() => known.delete(context))
  return forms
}

async function loadForms(context: SyncContext): Promise<VendorForms> {
  const { db, connection } = context
  const { literalForms } = await loadConnection(db, connection)
  const remember = async (form: keyof LiteralForms, works: boolean) => {
    if (literalForms[form] === works) return
    literalForms[form] = works
    await rememberLiteralForm(db, connection, { [form]: works })
  }
  const trying: Partial<Record<keyof LiteralForms, Promise<unknown>>> = {}
  return {
    async firstAlone(form, work) {
      while (literalForms[form] === undefined && trying[form]) await trying[form].catch(() => undefined)
      if (literalForms[form] !== undefined) return work()
      const first = work().finally(() => delete trying[form])
      trying[form] = first
      return first
    },
    literal: (form) => literalForms[form] !== false,
    known: (form) => literalForms[form] !== undefined,
    async refused(error, form) {
      if (!refusedFields(error).some((field) => KEYS[form].includes(field))) return false
      await remember(form, false)
      return true
    },
    accepted: (form) => remember(form, true),
  }
}

function refusedFields(error: unknown): string[] {
  if (error instanceof KustomerError) return error.failure.kind === 'rejected' ? error.failure.fields : []
  if (!(error instanceof CloudTalkError) || error.failure.kind !== 'rejected') return []
  return Object.keys(error.failure.fields)
}
