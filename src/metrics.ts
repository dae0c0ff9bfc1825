import { createHash } from 'node:crypto'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { oldestByLane, queueLengths } from './queue/pending.ts'
import { allBudgets } from './store/budgets.ts'
import type { Db } from './store/database.ts'
import type { Counts } from './sync/counts.ts'
import type { Vendors } from './sync/vendors.ts'

/** What Prometheus reads of this process; docs/metrics.md lists each. */
export interface Metrics {
  contentType: string
  text(): Promise<string>
  /** Where a connection counts. */
  of(connection: string): Counts
}

export interface MetricsPorts {
  db: Db
  /** The connections of this process, by their ids. */
  away(): Iterable<readonly [connection: string, away: ReturnType<Vendors['away']>]>
}

const NAME = 'cloudtalk_kustomer'
/** From a settle that has nothing to do to one that waits for its share of a minute. */
const SETTLE_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300]

export function createMetrics({ db, away }: MetricsPorts): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const outcomes = new Counter({
    name: `${NAME}_outcomes_total`,
    help: 'What became of records that this process settled.',
    labelNames: ['connection', 'kind', 'outcome'] as const,
    registers,
  })
  const settles = new Histogram({
    name: `${NAME}_settle_seconds`,
    help: 'How long settles took in this process.',
    labelNames: ['connection', 'kind'] as const,
    buckets: SETTLE_SECONDS,
    registers,
  })
  const requests = new Counter({
    name: `${NAME}_vendor_requests_total`,
    help: 'Requests of this process to the vendors, by the class of the answer; none = no answer came.',
    labelNames: ['connection', 'vendor', 'status'] as const,
    registers,
  })
  const webhooks = new Counter({
    name: `${NAME}_webhooks_total`,
    help: 'Webhooks that this process has taken; refused ones do not count.',
    labelNames: ['connection', 'door'] as const,
    registers,
  })
  const refused = new Counter({
    name: `${NAME}_webhooks_refused_total`,
    help: 'Webhooks that this process has refused: the secret or signature was missing or another one.',
    labelNames: ['connection', 'door'] as const,
    registers,
  })
  const budgetGauge = (name: string, help: string) =>
    new Gauge({ name: `${NAME}_${name}`, help, labelNames: ['budget', 'account'] as const, registers })
  const limits = budgetGauge('budget_limit', 'Requests a minute that a vendor grants the account.')
  const uses = budgetGauge('budget_used', 'Requests of the present minute that are used up, by whomever.')
  /** One reading for both: they are of the same moment. */
  const readBudgets = async () => {
    const budgets = await allBudgets(db)
    limits.reset()
    uses.reset()
    for (const { account, limit, used } of budgets) {
      limits.set(labelsOf(account), limit)
      uses.set(labelsOf(account), used)
    }
  }
  new Gauge({
    name: `${NAME}_queue_events`,
    help: 'Events in the queue of all processes, some seconds old; dead = only a person can help.',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      for (const [state, count] of Object.entries(await queueLengths(db))) this.set({ state }, count)
    },
  })
  new Gauge({
    name: `${NAME}_queue_oldest_seconds`,
    help: 'How long the event has waited that waits longest, of those that could be settled now.',
    labelNames: ['lane'] as const,
    registers,
    async collect() {
      for (const [lane, seconds] of Object.entries(await oldestByLane(db))) this.set({ lane }, seconds)
    },
  })
  new Gauge({
    name: `${NAME}_circuit_open`,
    help: '1 while a vendor gets no requests of the connection: it is away, or refuses the key.',
    labelNames: ['connection', 'vendor'] as const,
    registers,
    collect() {
      this.reset()
      for (const [connection, vendors] of away()) {
        for (const vendor of ['cloudtalk', 'kustomer'] as const) {
          this.set({ connection, vendor }, vendors.some((one) => one.vendor === vendor) ? 1 : 0)
        }
      }
    },
  })

  return {
    contentType: registry.contentType,
    async text() {
      await readBudgets()
      return registry.metrics()
    },
    of: (connection) => ({
      outcome: (kind, outcome) => outcomes.inc({ connection, kind, outcome }),
      settled: (kind, seconds) => settles.observe({ connection, kind }, seconds),
      requested: (vendor, status) =>
        requests.inc({
          connection,
          vendor,
          status: status === undefined ? 'none' : `${Math.floor(status / 100)}xx`,
        }),
      webhook: (door) => webhooks.inc({ connection, door }),
      refusedWebhook: (door) => refused.inc({ connection, door }),
    }),
  }
}

/** A Kustomer org is known by its name; an access key by a print that does not tell it. */
function labelsOf(account: string): { budget: string; account: string } {
  const [budget = '', ...rest] = account.split(':')
  const name = rest.join(':')
  return { budget, account: budget === 'cloudtalk' ? printOf(name) : name }
}

const printOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
