import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { type CloudTalk, type CloudTalkOptions, createCloudTalk } from '../cloudtalk/index.ts'
import { createKustomer, type Kustomer, type KustomerOptions } from '../kustomer/index.ts'
import { type BudgetNow, budgetUse } from '../store/budgets.ts'
import type { OpenCircuit } from '../store/circuits.ts'
import type { Db } from '../store/database.ts'
import type { Vendor } from '../store/schema.ts'
import { BudgetGate, type Shares } from './budget-gate.ts'
import { Circuit, KeyLacksRoles } from './circuit.ts'
import type { Counts } from './counts.ts'
import { missingRoles } from './key-roles.ts'
import { currentMeter, metered } from './meter.ts'
import { sayWriting } from './under-leases.ts'
import { createVendorFetch } from './vendor-fetch.ts'

/** CloudTalk's budget is ours alone: backfill leaves the last tenth to what happens now. */
const CLOUDTALK_SHARES: Shares = { live: 1, retry: 0.95, enrichment: 0.9, backfill: 0.9 }
/** Kustomer's is shared with the org's other keys: backfill takes at most half, and nothing takes it whole. */
const KUSTOMER_SHARES: Shares = { live: 0.8, retry: 0.65, enrichment: 0.5, backfill: 0.5 }
/** Looks that can wait use the budget only below this part of it. */
const IDLE = 0.5
/** Contract cloudtalk §1.3. */
const CLOUDTALK_PER_MINUTE = 60
/** Contract kustomer §1.4; the plan's true limit comes with the first answer. */
const KUSTOMER_PER_MINUTE = 1_000
/** Contract kustomer §1.4: searches by API keys; no header counts them. */
const KUSTOMER_SEARCHES_PER_MINUTE = 100

export interface VendorAccounts {
  cloudtalk: Omit<CloudTalkOptions, 'beforeWrite' | 'onAnswer' | 'userAgent'>
  kustomer: Omit<KustomerOptions, 'beforeWrite' | 'onAnswer' | 'userAgent'> & { org: string }
  userAgent: string
}

/**
 * Both vendors' clients, each request held until its account's budget has room, kept back while its vendor is away, and
 * counted on the settle's meter.
 */
export interface Vendors {
  cloudtalk<T>(call: (client: CloudTalk) => Promise<T>): Promise<T>
  /** One bulk request, with as many operations as there is room for; it says how many those are. */
  cloudtalkBulk<T>(
    most: number,
    call: (client: CloudTalk, room: number, carries: (count: number) => Promise<void>) => Promise<T>,
  ): Promise<T>
  kustomer<T>(call: (client: Kustomer) => Promise<T>): Promise<T>
  kustomerSearch<T>(call: (client: Kustomer) => Promise<T>): Promise<T>
  /** @throws {VendorAway} while one of these vendors is away or refuses the key. */
  check(needed: readonly Vendor[]): void
  /** The vendors that get no requests at present, and why. */
  away(): ({ vendor: Vendor } & OpenCircuit)[]
  /** How much of each account's requests a minute is used up, by whomever, and what the lanes may take. */
  budgets(): Promise<ShownBudget[]>
  /** Requests answered since the start, per vendor. */
  answered: { cloudtalk: number; kustomer: number }
  /** How long a run's requests take at the accounts' limits, as far as they are known. */
  secondsFor(requests: Record<Vendor, number>): number
  /** Whether more than half of CloudTalk's budget of this minute is free. */
  cloudtalkIdle(): Promise<boolean>
  /** Lets no request leave any more. */
  close(): void
  /** Ends the requests that are under way, as if the vendors did not answer. */
  abort(): void
}

export interface ShownBudget extends BudgetNow {
  name: string
  /** Parts of the limit, 0 to 1. */
  liveShare: number
  backfillShare: number
}

export interface VendorPorts {
  db: Db
  /** Before a vendor that is away is asked for the first time whether it is back. */
  firstBackoffMs: number
  /** A request was sent, and answered or not. */
  requested: Counts['requested']
  /** A vendor is back. */
  back(): Promise<void>
  log: Logger
}

/** @throws when the database does not answer. */
export async function openVendors(
  { db, firstBackoffMs, requested, back, log }: VendorPorts,
  accounts: VendorAccounts,
): Promise<Vendors> {
  // A quarter of a second at the usual pace, more than clocks differ that are set by the network.
  const marginMs = firstBackoffMs / 8
  const cloudtalkAccount = `cloudtalk:${accounts.cloudtalk.accessKeyId}`
  const cloudtalkGate = new BudgetGate(
    db,
    { account: cloudtalkAccount, limit: CLOUDTALK_PER_MINUTE, told: true },
    CLOUDTALK_SHARES,
    marginMs,
  )
  const kustomerGate = new BudgetGate(
    db,
    { account: `kustomer:${accounts.kustomer.org}`, limit: KUSTOMER_PER_MINUTE, told: true },
    KUSTOMER_SHARES,
    marginMs,
  )
  const searchGate = new BudgetGate(
    db,
    { account: `kustomer-search:${accounts.kustomer.org}`, limit: KUSTOMER_SEARCHES_PER_MINUTE, told: false },
    KUSTOMER_SHARES,
    marginMs,
  )
  const answered = { cloudtalk: 0, kustomer: 0 }
  const stopping = new AbortController()
  const { apiUrl, analyticsUrl, aiUrl } = accounts.cloudtalk
  const addresses = [apiUrl, analyticsUrl, aiUrl, accounts.kustomer.apiUrl]
  const vendorFetch = createVendorFetch(addresses, stopping.signal)
  const counted =
    (vendor: Vendor): typeof fetch =>
    async (input, init) => {
      try {
        const response = await vendorFetch(input, init)
        requested(vendor, response.status)
        return response
      } catch (error) {
        requested(vendor, undefined)
        throw error
      }
    }
  const beforeWrite = () => sayWriting(db)
  const cloudtalk = createCloudTalk({
    ...accounts.cloudtalk,
    fetch: counted('cloudtalk'),
    userAgent: accounts.userAgent,
    beforeWrite,
    onAnswer: (answer) => {
      answered.cloudtalk++
      currentMeter().requests++
      cloudtalkGate.learn(answer).catch(unlearned)
    },
  })
  const kustomer = createKustomer({
    ...accounts.kustomer,
    fetch: counted('kustomer'),
    userAgent: accounts.userAgent,
    beforeWrite,
    onAnswer: (answer) => {
      answered.kustomer++
      currentMeter().requests++
      kustomerGate.learn(answer).catch(unlearned)
    },
  })
  const circuitOf = (vendor: Vendor, account: string, probe: () => Promise<unknown>) =>
    new Circuit({
      db,
      vendor,
      account,
      firstWaitMs: firstBackoffMs,
      probe: () => metered({ priority: 'live', requests: 0 }, probe),
      closed: back,
      log,
    })
  const circuits = {
    cloudtalk: circuitOf('cloudtalk', cloudtalkAccount, () =>
      through([cloudtalkGate], () => cloudtalk.agents.list({ page: 1, limit: 1 })),
    ),
    kustomer: circuitOf('kustomer', kustomerKeyOf(accounts), () =>
      through([kustomerGate], async () => {
        const missing = missingRoles((await kustomer.auth.current()).roles)
        if (missing.length > 0) throw new KeyLacksRoles(`the API key lacks ${missing.join(', ')}`)
      }),
    ),
  }
  await Promise.all([circuits.cloudtalk.start(), circuits.kustomer.start()])
  const send = <T>(vendor: Vendor, gates: readonly BudgetGate[], call: () => Promise<T>): Promise<T> => {
    circuits[vendor].check()
    return through(gates, () => circuits[vendor].through(call))
  }
  return {
    cloudtalk: async (call) => send('cloudtalk', [cloudtalkGate], () => call(cloudtalk)),
    cloudtalkBulk: async (most, call) => {
      circuits.cloudtalk.check()
      return cloudtalkGate.through(currentMeter().priority, most, (room) =>
        circuits.cloudtalk.through(() => call(cloudtalk, room, (count) => cloudtalkGate.carries(count))),
      )
    },
    kustomer: async (call) => send('kustomer', [kustomerGate], () => call(kustomer)),
    kustomerSearch: async (call) => send('kustomer', [searchGate, kustomerGate], () => call(kustomer)),
    check: (needed) => {
      for (const vendor of needed) circuits[vendor].check()
    },
    away: () =>
      (['cloudtalk', 'kustomer'] as const).flatMap((vendor) => {
        const { open } = circuits[vendor]
        return open ? [{ vendor, ...open }] : []
      }),
    budgets: () =>
      Promise.all(
        [
          { name: 'CloudTalk', gate: cloudtalkGate },
          { name: 'Kustomer', gate: kustomerGate },
          { name: 'Kustomer search', gate: searchGate },
        ].map(async ({ name, gate }) => ({ name, ...(await gate.now()) })),
      ),
    answered,
    secondsFor: ({ cloudtalk, kustomer }) => {
      const minutes = [
        cloudtalk / cloudtalkGate.perMinute('backfill'),
        kustomer / kustomerGate.perMinute('backfill'),
      ]
      return Math.ceil(60 * Math.max(...minutes))
    },
    cloudtalkIdle: async () => (await budgetUse(db, cloudtalkAccount)) < IDLE,
    abort: () => stopping.abort(),
    close: () => {
      for (const circuit of Object.values(circuits)) circuit.stop()
      for (const gate of [cloudtalkGate, kustomerGate, searchGate]) gate.close()
    },
  }
}

/** Keys of one org share its budget, and each may be refused by itself. */
function kustomerKeyOf({ kustomer: { org, apiKey } }: VendorAccounts): string {
  const print = createHash('sha256').update(apiKey).digest('hex').slice(0, 8)
  return `kustomer:${org}:${print}`
}

/** A correction that the database could not take comes again with a later answer. */
const unlearned = () => undefined

async function through<T>(gates: readonly BudgetGate[], call: () => Promise<T>): Promise<T> {
  const [gate, ...others] = gates
  if (!gate) return call()
  return gate.through(currentMeter().priority, 1, () => through(others, call))
}
