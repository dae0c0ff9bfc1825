import { answer, invalid, notFound, type Reply } from './answers.ts'
import type { Account, ApiRequest } from './api.ts'

const MOST = 1_000

/**
 * One page of a list in the envelope of every index (§1.4); its four numbers are numbers, not strings.
 *
 * @param row Written only for the rows of the page.
 */
export const page = <T>(
  { switches }: Account,
  { query }: ApiRequest,
  items: readonly T[],
  row: (item: T) => unknown,
): Reply => {
  const limit = number(query.get('limit'), switches().defaultLimit)
  const pageNumber = number(query.get('page'), 1)
  if (!(limit >= 1 && limit <= MOST)) return invalid({ limit: [`Please supply a number from 1 to ${MOST}.`] })
  if (!(pageNumber >= 1)) return invalid({ page: ['Please supply a number from 1.'] })
  const pageCount = Math.max(1, Math.ceil(items.length / limit))
  if (pageNumber > pageCount && switches().pageBeyondEnd === 'notFound') return notFound()
  return answer({
    itemsCount: items.length,
    pageCount,
    pageNumber,
    limit,
    data: items.slice((pageNumber - 1) * limit, pageNumber * limit).map(row),
  })
}

const number = (text: string | null, otherwise: number): number =>
  text === null || text === '' ? otherwise : /^\d+$/.test(text) ? Number(text) : Number.NaN
