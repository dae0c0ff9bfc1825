import { z } from 'zod'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import { id, optionalId, optionalPhone, optionalText, text } from './wire.ts'

/** `connected_to` of a number, by its code (contract §4). */
const ROUTES: Record<string, 'group' | 'agent' | 'conference' | 'fax'> = {
  0: 'group',
  1: 'agent',
  2: 'conference',
  3: 'fax',
}

const numberRow = z
  .object({
    CallNumber: z.object({
      id,
      internal_name: text,
      caller_id_e164: optionalPhone,
      connected_to: optionalText,
      source_id: optionalId,
    }),
  })
  .transform(({ CallNumber }) => ({
    id: CallNumber.id,
    name: CallNumber.internal_name,
    number: CallNumber.caller_id_e164,
    connectedTo: ROUTES[CallNumber.connected_to ?? ''],
    /** Id of the group or agent it is connected to. */
    sourceId: CallNumber.source_id,
  }))

/** A number of the account, "connected number" in the settings. */
export type CallNumber = z.output<typeof numberRow>

export function numbers(transport: Transport) {
  return {
    list: ({ page, limit }: PageQuery) =>
      readPage(transport, '/numbers/index.json', { page, limit }, numberRow),
  }
}
