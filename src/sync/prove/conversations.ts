import { type Conversation, SEARCH_PAGE_SIZE, SEARCH_PAGES } from '../../kustomer/index.ts'
import { beingLogged, type LoggedToProve, notesWritten } from '../../store/proofs.ts'
import type { SyncContext } from '../context.ts'
import { ifThere } from '../timeline/if-there.ts'
import type { Day } from './day.ts'
import type { Problem } from './proof.ts'

export interface FoundConversations {
  conversations: { total: number; unexplained: number }
  problems: Problem[]
  /** Of the conversations that were logged, those that somebody has deleted since, or a note of theirs. */
  deleted: Set<string>
}

/**
 * Compares the conversations that this service's key has created, as Kustomer has them, with what was logged: each
 * has its record, and each record its conversation with all of its notes.
 */
export async function proveConversations(
  context: SyncContext,
  day: Day,
  logged: readonly LoggedToProve[],
): Promise<FoundConversations> {
  const { db } = context
  const found = await searchOwn(context, day)
  const wanted = [
    ...new Set(logged.flatMap((record) => (record.logged ? (record.conversationId ?? []) : []))),
  ]
  const written = await notesWritten(db, [...found.keys(), ...wanted])
  const deleted = new Set<string>()
  for (const id of wanted) {
    if (await isDeleted(context, id, found.get(id), written.get(id) ?? 0)) deleted.add(id)
  }
  const strange = [...found.values()].filter((one) => !one.deleted && !written.has(one.id))
  const underWay = await beingLogged(
    db,
    strange.flatMap(({ externalId }) => externalId ?? []),
  )
  const unknown = strange.filter(({ externalId = '' }) => !underWay.has(externalId))
  return {
    conversations: { total: found.size, unexplained: unknown.length },
    problems: unknown.map(({ id, externalId }) => ({
      kind: 'conversation',
      id: externalId ?? id,
      what: 'not ours',
      conversationId: id,
    })),
    deleted,
  }
}

/**
 * Whether something that was written is not there any more. The search is late with what is new (contract kustomer
 * §1.7): what it does not show is asked for by its id.
 */
async function isDeleted(
  { vendors }: SyncContext,
  id: string,
  searched: Conversation | undefined,
  notes: number,
): Promise<boolean> {
  const isWhole = ({ deleted, noteCount }: Conversation) => !deleted && (noteCount ?? 0) >= notes
  if (searched && isWhole(searched)) return false
  const now = await ifThere(vendors.kustomer(({ conversations }) => conversations.get(id)))
  return !now || !isWhole(now)
}

/** Every conversation of the day that this key has created, deleted ones included. */
async function searchOwn({ vendors }: SyncContext, { from, to }: Day): Promise<Map<string, Conversation>> {
  const { userId } = await vendors.kustomer(({ auth }) => auth.current())
  const own = new Map<string, Conversation>()
  let since = from.toISOString()
  for (let page = 1; ; page++) {
    const query = {
      and: [
        { conversation_created_at: { gte: since } },
        { conversation_created_at: { lt: to.toISOString() } },
      ],
      sort: [{ conversation_created_at: 'asc' }],
      includeDeleted: true,
    }
    const found = await vendors.kustomerSearch(({ conversations }) =>
      conversations.search(query, { page, pageSize: SEARCH_PAGE_SIZE }),
    )
    for (const conversation of found.items) {
      if (conversation.createdById === userId) own.set(conversation.id, conversation)
    }
    const last = found.items.at(-1)?.createdAt
    const rows = found.items.length + found.unreadable.length
    if (rows < SEARCH_PAGE_SIZE || last === undefined) return own
    // Behind the last page of a query the search goes on from the last row (contract §1.5).
    if (page === SEARCH_PAGES) {
      if (last === since) return own
      since = last
      page = 0
    }
  }
}
