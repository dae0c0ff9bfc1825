import { setTimeout as wait } from 'node:timers/promises'
import { type Operations, type Summary, UNASSOCIATED } from '../http/operations.ts'
import type { ProofState } from '../http/proving.ts'
import type { Failure, FailureFilter } from '../store/failures.ts'
import type { Review } from '../store/reviews.ts'
import type { RunProgress, RunRecord } from '../store/runs.ts'
import type { Unassociated } from '../store/timeline-conversations.ts'
import type { Proof } from '../sync/prove/proof.ts'
import type { Associated } from '../sync/timeline/associate.ts'
import type { TracedRecord } from '../sync/trace.ts'
import { askService } from './ask-service.ts'

const LOOK_MS = 200

/** What people ask of a service, asked by another command of the same installation. */
export function remoteOperations(port: number, token: string, connection?: string): Operations {
  const { ask, answer } = askService(port, token, connection)
  return {
    summary: () => answer<Summary>('/summary'),
    async trace(question) {
      const { records } = await answer<{ records: TracedRecord[] }>(
        `/trace?q=${encodeURIComponent(question)}`,
      )
      return records.map((record) => ({
        ...record,
        ...(record.at && { at: new Date(record.at) }),
        story: record.story.map((step) => ({ ...step, at: new Date(step.at) })),
      }))
    },
    async beginRun(kind, from, of) {
      const body = { kind, ...(from && { from: from.toISOString() }), ...(of !== undefined && { of }) }
      const { id } = await answer<{ id: string }>('/runs', body)
      return id
    },
    run: (id) => ask<RunProgress>(`/runs/${id}`),
    pauseRun: (id, paused) => ask<RunProgress>(`/runs/${id}/${paused ? 'pause' : 'resume'}`, {}),
    cancelRun: (id) => ask<RunProgress>(`/runs/${id}/cancel`, {}),
    runRecords: async (id) => (await answer<{ records: RunRecord[] }>(`/runs/${id}/records`)).records,
    reviews: async () => {
      const { reviews } = await answer<{ reviews: Review[] }>('/reviews')
      return reviews.map((review) => ({ ...review, openedAt: new Date(review.openedAt) }))
    },
    decideReview: (id, decision, contactId) =>
      answer<Review>(`/reviews/${id}/decision`, { decision, ...(contactId && { contactId }) }),
    async unmerge(contactId, customerId) {
      await answer(`/contacts/${contactId}/unmerge`, { customerId })
    },
    failures: async (filter) => {
      const query = new URLSearchParams(given(filter))
      const { failures } = await answer<{ failures: Failure[] }>(`/failures?${query}`)
      return failures.map((failure) => ({ ...failure, at: new Date(failure.at) }))
    },
    retry: async (filter) => {
      const body = Object.keys(given(filter)).length > 0 ? given(filter) : { all: true }
      return (await answer<{ retried: number }>('/failures/retry', body)).retried
    },
    unassociated: async () => {
      const conversations: Unassociated[] = []
      for (let next: string | undefined = ''; next !== undefined && conversations.length < UNASSOCIATED; ) {
        const page: { conversations: Unassociated[]; next?: string } = await answer(
          next === '' ? '/unassociated' : `/unassociated?${new URLSearchParams({ after: next })}`,
        )
        conversations.push(...page.conversations)
        next = page.next
      }
      return conversations.map((one) => ({ ...one, at: one.at && new Date(one.at) }))
    },
    associate: (what, whom) =>
      answer<Associated>(`/unassociated/${encodeURIComponent(what)}/associate`, { customer: whom }),
    async prove(day, repair) {
      const { id } = await answer<{ id: string }>('/proofs', { repair, ...(day !== undefined && { day }) })
      for (;;) {
        const state = await answer<ProofState>(`/proofs/${id}`)
        if (state.state === 'done') return state.proof
        if (state.state === 'failed') throw new Error(state.error)
        await wait(LOOK_MS)
      }
    },
    proofs: async () => (await answer<{ proofs: Proof[] }>('/proofs')).proofs,
    pending: async () => (await answer<{ events: number }>('/pending')).events,
  }
}

const given = (filter: FailureFilter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
