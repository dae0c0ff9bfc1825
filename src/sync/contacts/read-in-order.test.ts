import { describe, expect, test } from 'vitest'
import type { Customer, CustomerPage, SearchQuery } from '../../kustomer/index.ts'
import { type CustomerSource, readInOrder } from './read-in-order.ts'

/** What the emulator cannot show: rows that nobody can read, and answers without totals. */

type Row = { id: string; modifiedAt: string; createdAt: string; unreadable?: boolean }

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString()
const rows = (count: number, row: (index: number) => Omit<Row, 'id'>): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: `c${index}`, ...row(index) }))

const FIELDS = { customer_modified_at: 'modifiedAt', customer_created_at: 'createdAt' } as const
type Criterion = Partial<Record<keyof typeof FIELDS, { gte?: string; lt?: string }>>

/** @param withTotals whether a search says how many there are: not all of Kustomer's lists do (§1.5). */
function sourceOf(all: Row[], withTotals = true) {
  const read = new Set<string>()
  const requests = { search: 0, list: 0 }
  const pageOf = (found: Row[], page: number, pageSize: number): CustomerPage => {
    const shown = found.slice((page - 1) * pageSize, page * pageSize)
    for (const { id } of shown) read.add(id)
    return {
      customers: shown.filter(({ unreadable }) => !unreadable).map((row) => row as Row & Customer),
      unreadable: shown.filter(({ unreadable }) => unreadable).map(({ id }) => ({ id, path: 'data' })),
      ...(withTotals && { total: found.length }),
      ...(page * pageSize < found.length && { next: 'next' }),
    }
  }
  const fits = (row: Row, criterion: Criterion) =>
    Object.entries(criterion).every(([attribute, { gte, lt }]) => {
      const value = row[FIELDS[attribute as keyof typeof FIELDS]]
      return (gte === undefined || value >= gte) && (lt === undefined || value < lt)
    })
  const source: CustomerSource = {
    async search({ and }: SearchQuery, page) {
      requests.search++
      const found = all.filter((row) => (and as Criterion[]).every((criterion) => fits(row, criterion)))
      return pageOf(found, page, 500)
    },
    async list(created, _, page) {
      requests.list++
      return pageOf(
        all.filter((row) => fits(row, { customer_created_at: created })),
        page,
        100,
      )
    },
  }
  return { source, requests, read }
}

describe('rows that nobody can read', () => {
  test('more than a page of them hides nobody behind them', async () => {
    const all = rows(1_900, (index) => ({
      modifiedAt: at(index),
      createdAt: at(0),
      unreadable: index < 1_200,
    }))
    const { source, read, requests } = sourceOf(all)
    await readInOrder(source, at(0))
    expect(read.size).toBe(1_900)
    expect(requests).toEqual({ search: 4, list: 0 })
  })

  test('more than a page of them in one moment, among others', async () => {
    const all = rows(1_900, (index) => ({
      modifiedAt: at(0),
      createdAt: at(Math.floor(index / 1_000)),
      unreadable: index % 1_000 < 700,
    }))
    const { source, read } = sourceOf(all)
    await readInOrder(source, at(0))
    expect(read.size).toBe(1_900)
  })

  test('a whole search of nothing else is an end that is told', async () => {
    const all = rows(50_600, (index) => ({ modifiedAt: at(index), createdAt: at(0), unreadable: true }))
    await expect(readInOrder(sourceOf(all).source, at(0))).rejects.toThrow('can be read')
  })
})

test('a search that does not say how many there are is not believed where both times tie', async () => {
  const all = rows(600, () => ({ modifiedAt: at(0), createdAt: at(0) }))
  const { source, read, requests } = sourceOf(all, false)
  await readInOrder(source, at(0))
  expect(read.size).toBe(600)
  expect(requests.list).toBe(6)
})
