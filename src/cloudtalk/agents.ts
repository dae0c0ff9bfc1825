import { z } from 'zod'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import { flag, id, oneOrMany, optionalPhone, optionalText, present } from './wire.ts'

const agentRow = z
  .object({
    Agent: z.object({
      id,
      firstname: optionalText,
      lastname: optionalText,
      email: optionalText,
      availability_status: optionalText,
      status_outbound: flag,
      extension: optionalText,
      default_number: optionalPhone,
      associated_numbers: oneOrMany(optionalPhone),
    }),
  })
  .transform(({ Agent }) => ({
    id: Agent.id,
    name: present([Agent.firstname, Agent.lastname]).join(' '),
    email: Agent.email,
    /** online, offline, paused or calling; others have been claimed (contract §4). */
    availability: Agent.availability_status,
    canCallOut: Agent.status_outbound,
    extension: Agent.extension,
    defaultNumber: Agent.default_number,
    associatedNumbers: present(Agent.associated_numbers),
  }))

export type Agent = z.output<typeof agentRow>

export function agents(transport: Transport) {
  return {
    list: ({ page, limit, id: agentId }: PageQuery & { id?: string }) =>
      readPage(transport, '/agents/index.json', { page, limit, id: agentId }, agentRow),
  }
}
