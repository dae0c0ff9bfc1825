import { isAnalysed } from './analytics.ts'
import { type Account, type ApiRequest, type Handler, idOf } from './api.ts'
import type { Call } from './store.ts'

/** Segments of a page when the request names no `limit`; the real default is not known. */
const DEFAULT_LIMIT = 100

/** The AI host's own error shape (§1.8). */
export const aiFailure = (status: number, code: string, message: string): Response =>
  Response.json({ code, message }, { status })

const badRequest = () =>
  aiFailure(400, 'BAD_REQUEST', 'The request could not be understood or was missing required parameters.')

/** Only calls in which people talked have something to analyse. */
const analysed =
  (write: (account: Account, call: Call, request: ApiRequest) => Response): Handler =>
  (account, request) => {
    const id = idOf(request.params.id)
    if (Number.isNaN(id)) return badRequest()
    const call = account.store.calls.get(id)
    if (!call?.recorded || call.talking_time === 0 || !isAnalysed(account, call))
      return aiFailure(404, 'NOT_FOUND', 'The requested resource was not found.')
    return write(account, call, request)
  }

/** GET /ai/calls/{callId}/summary (§4). */
export const summary: Handler = analysed(({ store }, { id, user_id, talking_time }) => {
  const agent = store.agents.find((agent) => agent.id === user_id)
  return Response.json({
    callId: id,
    summary: `${agent?.firstname ?? 'An agent'} and the caller talked for ${talking_time} seconds & agreed on what happens next.`,
  })
})

const SENTENCES = [
  'Hello, how can I help you?',
  'I am calling about my order.',
  'Let me look it up.',
  'Thank you & goodbye.',
]

/** GET /ai/calls/{callId}/transcription (§4). */
export const transcription: Handler = analysed((_, { id, user_id, contact_id }, { query }) => {
  const limit = query.has('limit') ? idOf(query.get('limit')) : DEFAULT_LIMIT
  const offset = query.has('offset') ? idOf(query.get('offset')) : 0
  if (!(limit >= 1) || !(offset >= 0)) return badRequest()
  const segments = SENTENCES.map((text, index) => ({
    start: index * 4,
    end: index * 4 + 3.5,
    caller: index % 2 === 0 ? 'caller1' : 'caller2',
    text,
  }))
  return Response.json({
    data: {
      callId: id,
      segments: segments.slice(offset, offset + limit),
      callers: [
        { type: 'agent', id: user_id, localIdentifier: 'caller1' },
        { type: 'contact', id: contact_id, localIdentifier: 'caller2' },
      ],
      language: 'en',
    },
    pagination: { limit, offset, total: segments.length },
  })
})
