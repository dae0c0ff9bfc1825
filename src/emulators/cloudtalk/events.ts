import type { AccountWebhooks } from './account-webhooks.ts'
import type { Account } from './api.ts'
import { recordingUrl } from './recordings.ts'
import type { Call, Contact, Message } from './store.ts'
import { withoutPlus } from './wire.ts'
import type { Properties, Workflows } from './workflows.ts'

/** What happens in the account, told to both kinds of webhooks. */
export type Events = {
  contact: (action: 'Created' | 'Updated' | 'Deleted', contact: Contact) => void
  callEnded: (call: Call) => void
  callModified: (call: Call) => void
  message: (message: Message) => void
}

/** Workflow tokens see numbers without `+`, as JSON numbers (§5A, captured). */
const wireNumber = (number: string): number | string | null => {
  const digits = withoutPlus(number)
  if (digits === '') return null
  return /^\d+$/.test(digits) ? Number(digits) : digits
}

export const createEvents = ({
  workflows,
  accountWebhooks,
  account,
}: {
  workflows: Workflows
  accountWebhooks: AccountWebhooks
  account: () => Account
}): Events => {
  const contactsOf = (id: number | null) => {
    const contact = id === null ? undefined : account().store.contacts.get(id)
    return contact ? [{ id: contact.id, name: contact.name }] : []
  }

  const callProperties = (call: Call, action: 'Ended' | 'Modified'): Properties => {
    const { store, baseUrl } = account()
    const agent = store.agents.find(({ id }) => id === call.user_id)
    return {
      call_id: call.id,
      call_uuid: call.uuid,
      external_number: wireNumber(call.public_external),
      internal_number: wireNumber(call.public_internal),
      direction: call.type,
      contacts: contactsOf(call.contact_id),
      agent_id: call.user_id,
      agent_first_name: agent?.firstname ?? null,
      agent_last_name: agent?.lastname ?? null,
      talking_time: call.talking_time,
      waiting_time: call.waiting_time,
      wrapup_time: call.wrapup_time,
      started_at: call.started_at,
      answered_at: call.answered_at,
      // Null on Ended, and the flag null unless it is set: both seen on the wire.
      ended_at: action === 'Ended' ? null : call.ended_at,
      is_voicemail: call.outcome === 'voicemail' ? true : null,
      recording_url: recordingUrl(baseUrl, call),
      notes: call.notes.map(({ note }) => note),
      tags: call.tags,
    }
  }

  const recorded = (call: Call) => {
    const { recordingDelayMs, analyticsDelayMs } = account().switches()
    workflows.fire('Recording', 'Uploaded', callProperties(call, 'Ended'), recordingDelayMs)
    accountWebhooks.fire('call.recording_ready', { call_uuid: call.uuid }, recordingDelayMs)
    if (call.talking_time === 0) return
    const transcribedMs = recordingDelayMs + analyticsDelayMs
    const transcribed = { ...callProperties(call, 'Ended'), transcript: {} }
    workflows.fire('Transcription', 'Created', transcribed, transcribedMs)
    accountWebhooks.fire('transcript.ready', { call_uuid: call.uuid, language: 'en' }, transcribedMs)
  }

  return {
    contact: (action, { id, name }) => workflows.fire('Contact', action, { id, contact_id: id, name }),
    callEnded: (call) => {
      workflows.fire('Call', 'Ended', callProperties(call, 'Ended'))
      accountWebhooks.fire('call.ended', {
        call_uuid: call.uuid,
        call_id: String(call.id),
        direction: call.type,
        ...(call.public_external === ''
          ? { caller_id_status: 'withheld' }
          : { external_number: call.public_external }),
        internal_number: { number_e164: call.public_internal },
        started_at: call.started_at,
        ended_at: call.ended_at,
        duration: call.talking_time + call.waiting_time,
        talking_time: call.talking_time,
        waiting_time: call.waiting_time,
        is_voicemail: call.outcome === 'voicemail',
      })
      if (call.recorded) recorded(call)
    },
    callModified: (call) => workflows.fire('Call', 'Modified', callProperties(call, 'Modified')),
    message: (message) => {
      const incoming = message.direction === 'incoming'
      const external = wireNumber(message.external_number)
      const internal = wireNumber(message.internal_number)
      workflows.fire('Message', incoming ? 'Received' : 'Sent', {
        id: message.id,
        channel: message.channel,
        text: message.text,
        from: incoming ? external : internal,
        to: incoming ? internal : external,
        external_number: external,
        internal_number: internal,
        direction: message.direction,
        ...(incoming ? { received_at: message.at } : { sent_at: message.at }),
        agent_id: message.agent_id,
        media: message.media,
        status: message.status,
        contact_id: message.contact_id,
        contacts: contactsOf(message.contact_id),
      })
      accountWebhooks.fire(incoming ? 'message.received' : 'message.sent', {
        id: String(message.id),
        channel: message.channel,
        body: message.text,
        external_number: message.external_number,
        internal_number: { number_e164: message.internal_number },
      })
    },
  }
}
