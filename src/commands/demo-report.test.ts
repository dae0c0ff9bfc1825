import { expect, test } from 'vitest'
import { emptyTally, type Proof } from '../sync/prove/proof.ts'
import type { KindSummary } from '../sync/summary.ts'
import { wentWell } from './demo-report.ts'

const kind = (byOutcome: KindSummary['byOutcome']): KindSummary => ({
  total: 2,
  byOutcome,
  byReason: {},
  failedByReason: {},
})
const fine = kind({ created: 1, skipped: 1 })
const problem: Proof['problems'][number] = { kind: 'call', id: '1', what: 'never settled' }
const proof: Proof = {
  day: '2026-03-01',
  from: '2026-03-01T00:00:00Z',
  to: '2026-03-02T00:00:00Z',
  provedAt: '2026-03-01T12:00:00Z',
  calls: emptyTally(),
  messages: emptyTally(),
  customers: emptyTally(),
  contacts: emptyTally(),
  conversations: { total: 0, unexplained: 0 },
  problems: [],
  repaired: 0,
}

test.each<{ label: string; messages: KindSummary; problems: Proof['problems']; well: boolean }>([
  { label: 'everything is done or left out', messages: fine, problems: [], well: true },
  { label: 'a record has failed', messages: kind({ created: 1, failed: 1 }), problems: [], well: false },
  { label: 'a record is not explained', messages: fine, problems: [problem], well: false },
])('$label: $well', ({ messages, problems, well }) => {
  const summary = { customers: fine, contacts: fine, calls: fine, messages }
  expect(wentWell(summary, { ...proof, problems })).toBe(well)
})
