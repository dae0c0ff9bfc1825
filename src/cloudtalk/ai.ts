import { z } from 'zod'
import { CloudTalkError } from './errors.ts'
import type { Transport } from './transport.ts'
import { number, oneOrMany, optionalId, optionalText, text } from './wire.ts'

const summaryAnswer = z.object({ summary: text })

const transcriptionPage = z.object({
  data: z.object({
    language: optionalText,
    segments: z.array(z.object({ start: number, end: number, caller: text, text })),
    callers: oneOrMany(z.object({ type: optionalText, id: optionalId, localIdentifier: text })),
  }),
  pagination: z.object({ total: number }).nullish(),
})

type TranscriptionPage = z.output<typeof transcriptionPage>['data']

/** Who said what; `start` and `end` in seconds, `caller` is a `localIdentifier`. */
export type Transcription = {
  language?: string
  callers: TranscriptionPage['callers']
  segments: TranscriptionPage['segments']
}

/** Segments asked for at once; the host's own default is unknown (contract §1.4). */
const SEGMENTS_PER_PAGE = 500

/** 50,000 segments are days of talk; beyond that the announced total is wrong and must not keep us here. */
const MAX_PAGES = 100

export function ai(transport: Transport) {
  const transcriptionFrom = (callId: string, offset: number) =>
    transport.json(
      {
        host: 'ai',
        method: 'GET',
        path: '/ai/calls/:id/transcription',
        id: callId,
        query: { limit: SEGMENTS_PER_PAGE, offset },
      },
      transcriptionPage,
    )

  return {
    /** Undefined when the call has none (yet). */
    summary: (callId: string): Promise<string | undefined> =>
      unlessNotFound(async () => {
        const answer = await transport.json(
          { host: 'ai', method: 'GET', path: '/ai/calls/:id/summary', id: callId },
          summaryAnswer,
        )
        return answer.summary
      }),
    /** All segments, whatever the number of pages; undefined when the call has none (yet). */
    transcription: (callId: string): Promise<Transcription | undefined> =>
      unlessNotFound(async () => {
        const first = await transcriptionFrom(callId, 0)
        const segments = [...first.data.segments]
        const total = first.pagination?.total ?? segments.length
        for (let page = 1; page < MAX_PAGES && segments.length < total; page++) {
          const next = await transcriptionFrom(callId, segments.length)
          if (next.data.segments.length === 0) break
          segments.push(...next.data.segments)
        }
        return { language: first.data.language, callers: first.data.callers, segments }
      }),
  }
}

async function unlessNotFound<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}
