import { z } from 'zod'
import { CloudTalkError } from './errors.ts'
import type { Transport } from './transport.ts'
import { flag, optionalText } from './wire.ts'

export type SmsSend = {
  channel: 'sms' | 'whatsapp'
  /** Both numbers E.164 with '+'. */
  recipient: string
  sender: string
  message: string
  /** Country of the recipient's number. */
  countryCode?: string
}

/** `success` may be a boolean or its word, `data` the sent message or a sentence (contract §4). */
const sendAnswer = z.object({
  responseData: z.object({ success: flag, data: z.unknown().optional() }),
})

export function sms(transport: Transport) {
  return {
    /** Hands a message over. There is no id and no delivery status to be had (contract §4). */
    send: async ({ channel, recipient, sender, message, countryCode }: SmsSend): Promise<void> => {
      const address = (phone: string) => (channel === 'whatsapp' ? `whatsapp:${phone}` : phone)
      const body = {
        recipient: address(recipient),
        sender: address(sender),
        message,
        country_code: countryCode,
      }
      const path = '/sms/send.json'
      const { responseData } = await transport.json({ method: 'POST', path, body }, sendAnswer)
      if (responseData.success) return
      const reason = optionalText.safeParse(responseData.data).data ?? ''
      throw new CloudTalkError(`POST ${path}`, { kind: 'rejected', fields: {}, message: reason })
    },
  }
}
