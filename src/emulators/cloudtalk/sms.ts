import { isValidPhoneNumber } from 'libphonenumber-js/max'
import { answer, type FieldErrors, invalid, REQUIRED, type Reply } from './answers.ts'
import type { Account, Handler } from './api.ts'
import { storeMessage } from './messages.ts'
import { fieldsOf } from './notes.ts'

const WHATSAPP = 'whatsapp:'

const FIELDS = ['recipient', 'message', 'sender'] as const
const OPTIONAL = ['country_code', 'images_by_url', 'images', 'file_by_url', 'file']

/** Failures, too, are HTTP 200; then `data` is the reason (§4). */
const outcome = ({ switches }: Account, success: boolean, data: unknown): Reply =>
  answer({ success: switches().smsSuccess === 'string' ? String(success) : success, data })

/** POST /sms/send.json: SMS, or WhatsApp when both numbers have its prefix. No message id comes back (§4). */
export const sendSms: Handler = (account, { body }) => {
  const input = fieldsOf(body)
  const errors: FieldErrors = {}
  for (const field of FIELDS)
    if (typeof input[field] !== 'string' || input[field].trim() === '') errors[field] = [REQUIRED]
  if (account.switches().strictBodies)
    for (const key of Object.keys(input))
      if (!OPTIONAL.includes(key) && !FIELDS.some((field) => field === key)) errors[key] = ['Unknown field.']
  if (Object.keys(errors).length > 0) return invalid(errors)

  const [recipient = '', message = '', sender = ''] = FIELDS.map((field) => String(input[field]))
  const whatsapp = recipient.startsWith(WHATSAPP)
  const to = `+${recipient.replace(WHATSAPP, '').replace(/^\+/, '')}`
  const from = `+${sender.replace(WHATSAPP, '').replace(/^\+/, '')}`
  const own = account.store.numbers.some(({ caller_id_e164 }) => caller_id_e164 === from)
  if (!own || whatsapp !== sender.startsWith(WHATSAPP))
    return outcome(account, false, 'Bad number configuration')
  if (!isValidPhoneNumber(to)) return outcome(account, false, 'Unknown number')

  const sent = storeMessage(account, {
    channel: whatsapp ? 'whatsapp' : 'sms',
    direction: 'outgoing',
    text: message,
    external_number: to,
    internal_number: from,
    agent_id: null,
    media: [input.images_by_url, input.file_by_url].flat().filter((url) => typeof url === 'string'),
    status: 'sent',
    at: new Date(account.clock.now()).toISOString(),
  })
  account.events.message(sent)
  return outcome(account, true, { recipient, message, sender, country_code: input.country_code ?? null })
}
