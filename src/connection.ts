import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ConnectionConfig } from './config.ts'
import type { CloudTalkDoor, KustomerDoor } from './http/doors.ts'
import { type Operations, operationsOf } from './http/operations.ts'
import { createRefusedDeliveries } from './http/refused-deliveries.ts'
import { type Registration, type Watching, watchingOf } from './http/watching.ts'
import { endQueued } from './queue/cancelled.ts'
import { dropDeadLetters } from './queue/dead.ts'
import { releaseHeld } from './queue/held.ts'
import { oldestPending, pendingEvents, queuedRecords } from './queue/pending.ts'
import { callIdOf } from './store/calls.ts'
import { ensureConnection } from './store/connections.ts'
import type { Db } from './store/database.ts'
import { newHolder } from './store/leases.ts'
import type { RecordKind, Vendor } from './store/schema.ts'
import { findSecret, keepSecret } from './store/secrets.ts'
import { createBulkWriter } from './sync/bulk-writer.ts'
import { createCallReader } from './sync/calls/call-reader.ts'
import { pollCalls } from './sync/calls/poll-calls.ts'
import { createContactWriter } from './sync/contacts/contact-writer.ts'
import { createCustomerWriter } from './sync/contacts/customer-writer.ts'
import { lookAtContacts, pollContacts } from './sync/contacts/poll-contacts.ts'
import { pollCustomers } from './sync/contacts/poll-customers.ts'
import type { Pace, SyncContext } from './sync/context.ts'
import type { Counts } from './sync/counts.ts'
import { createDirectory } from './sync/directory.ts'
import type { Priority, Raise, SyncEvent } from './sync/event.ts'
import { createExpected } from './sync/expected.ts'
import { backoffMs } from './sync/failure.ts'
import { holdLease } from './sync/hold-lease.ts'
import { registerKustomerWebhook } from './sync/kustomer-webhook.ts'
import { createLocks } from './sync/locks.ts'
import { pollMessages, receiveMessage } from './sync/messages/receive-message.ts'
import { type Poller, startPoller } from './sync/poller.ts'
import { createNightly } from './sync/prove/nightly.ts'
import { isTrigger, workflowSecret } from './sync/recipes.ts'
import { createRuns } from './sync/runs/run.ts'
import { createSeen } from './sync/seen.ts'
import { type Settled, settle } from './sync/settle.ts'
import { openVendors } from './sync/vendors.ts'
import { Unopenable, type Vault } from './vault.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Three of CloudTalk's sixty requests a minute, for a call that no webhook told of. */
const POLL_CALLS_MS = 20 * SECOND
const POLL_CUSTOMERS_MS = 20 * SECOND
/** The contact index carries no dates, so all of it is read. */
const POLL_CONTACTS_MS = 15 * MINUTE
/** Our own database is asked for messages that were received and not raised. */
const POLL_MESSAGES_MS = MINUTE
/** A few contacts in each idle minute, for what the index does not show. */
const LOOK_AT_CONTACTS_MS = MINUTE
/** How often it is seen whether a night has come, or whether a repair has helped. */
const PROVE_MS = 60 * MINUTE
/** Kustomer is asked again after this long, then twice as long, up to five minutes. */
const REGISTER_AGAIN_MS = 5 * SECOND
/** One request a minute finds out that the webhook is gone or switched off. */
const CHECK_WEBHOOK_MS = MINUTE
const CHECK_RUNS_MS = SECOND
/** What people do by hand takes a few requests. */
const DEEDS_MS = 10 * SECOND

export interface ConnectionPorts {
  db: Db
  raise: Raise
  /** Whether another connection has the same Kustomer org. */
  sharesOrg(): boolean
  pace: Pace
  log: Logger
  /** What is counted of it. */
  counts: Counts
  /** Where secrets are kept; undefined = nowhere. */
  vault: Vault | undefined
  /** Of the webhook in Kustomer, where whoever ran before knows it. */
  webhookToken?: string | undefined
}

/** One connection at work: its settles, its doors, its pollers. */
export interface Connection {
  context: SyncContext
  operations: Operations
  watching: Watching
  doors: { kustomer: KustomerDoor; cloudtalk: CloudTalkDoor }
  settle(event: SyncEvent, priority: Priority): Promise<Settled>
  /** Lets what is held back go on, unless a vendor is away: it may have come back before that was in the queue. */
  letGo(): Promise<void>
  /** Has Kustomer send webhooks to this address, and sees that it goes on doing so. */
  keepRegistered(publicUrl: string): void
  /** Raises events for what no webhook told of, and goes on with runs. */
  watch(): void
  /** Ends after what is under way. */
  stop(): Promise<void>
  /** Another one has taken its place: it ends what it has begun, and closes. */
  retire(): Promise<void>
  /** Lets no request leave any more, and ends those that hang. */
  cutOff(): void
  /** The last, when nothing settles any more. */
  close(): void
}

/** Wires one connection. @throws when the database does not answer. */
export async function openConnection(
  config: ConnectionConfig,
  { db, raise, pace, log: processLog, counts, sharesOrg, vault, webhookToken: known }: ConnectionPorts,
): Promise<Connection> {
  const { id, accounts, settings, accountWebhookSecret } = config
  const log = processLog.child({ connection: id })
  await ensureConnection(db, id)
  let webhookToken = known ?? (vault && (await storedToken(db, vault, id, log)))
  const { firstBackoffMs } = pace
  const back = () => releaseHeld(db, id)
  const vendors = await openVendors({ db, firstBackoffMs, requested: counts.requested, back, log }, accounts)
  const expected = createExpected()
  const closing = new AbortController()
  const bulkWriter = createBulkWriter(vendors, pace, { customers: expected }, closing.signal)
  const closeVendors = () => {
    closing.abort()
    vendors.close()
  }
  const context: SyncContext = {
    connection: id,
    org: accounts.kustomer.org,
    sharesOrg,
    settings,
    db,
    vendors,
    directory: createDirectory(vendors, Date.now),
    contactWriter: createContactWriter(vendors),
    customerWriter: createCustomerWriter(vendors, bulkWriter, expected),
    bulkWriter,
    locks: createLocks(db, pace),
    callReader: createCallReader(vendors, Date.now),
    raise,
    pace,
    counts,
    log,
    now: () => new Date(),
  }
  const runs = createRuns(context, (runId) => endQueued(db, runId))
  const queued = (kind: RecordKind) => queuedRecords(db, id, kind)
  const operations = operationsOf(context, runs, {
    queued,
    pending: () => pendingEvents(db, id),
    dropDead: (records) => dropDeadLetters(db, id, records),
  })
  const pollers: Poller[] = []
  const seen = createSeen(db, id)
  const deliveries = createRefusedDeliveries(db, id)
  const poll = { db, log, holder: newHolder() }
  let callPoller: Poller | undefined
  let registering: NodeJS.Timeout | undefined
  let registration: Registration
  let stopping = false

  /** One process at a time: two that look and then create would leave two webhooks. */
  async function register(publicUrl: string): Promise<void> {
    const registered = await holdLease(db, poll.holder, `${id}/register`, async () => {
      const token = await registerKustomerWebhook(
        vendors,
        settings.name,
        `${publicUrl}/webhooks/kustomer/${id}`,
      )
      if (vault && token !== webhookToken) await keepSecret(db, vault, id, 'kustomer-webhook-token', token)
      webhookToken = token
    })
    if (!registered) throw new Error('another process registers it at this moment')
  }

  /** Kustomer switches a webhook off when its receiver was away for an hour, and a person may delete it. */
  async function keepRegistered(publicUrl: string, attempt = 0): Promise<void> {
    const registered = await register(publicUrl).then(
      () => {
        registration = { at: new Date() }
        return true
      },
      (error: unknown) => {
        const since = registration && 'since' in registration ? registration.since : new Date()
        registration = { problem: error instanceof Error ? error.message : String(error), since }
        if (!stopping)
          log.warn({ err: error }, 'the Kustomer webhook is not registered; polling goes on meanwhile')
        return false
      },
    )
    if (stopping) return
    const nextMs = registered ? CHECK_WEBHOOK_MS : backoffMs(REGISTER_AGAIN_MS, attempt)
    registering = setTimeout(() => void keepRegistered(publicUrl, registered ? 0 : attempt + 1), nextMs)
  }

  const settles = new Set<Promise<unknown>>()
  const deeds = new Set<Promise<unknown>>()
  const countedIn = <T>(underWay: Set<Promise<unknown>>, work: Promise<T>): Promise<T> => {
    const entry = work.finally(() => underWay.delete(entry))
    underWay.add(entry)
    return entry
  }
  const asDeed =
    <A extends unknown[], T>(work: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      countedIn(deeds, work(...given))

  const start = (name: string, everyMs: number, round: () => Promise<void>): Poller => {
    const poller = startPoller(poll, `${id}/${name}`, everyMs, round)
    pollers.push(poller)
    return poller
  }

  /** What a person has begun by hand is not cut in the middle. */
  const deedsDone = () => Promise.race([Promise.allSettled(deeds), wait(DEEDS_MS, undefined, { ref: false })])
  const stop = async () => {
    stopping = true
    clearTimeout(registering)
    await Promise.all([runs.stop(), ...pollers.map((poller) => poller.stop())])
  }
  const close = () => {
    context.locks.close()
    closeVendors()
  }
  const took = (door: Vendor) => {
    counts.webhook(door)
    seen(`webhook/${door}`)
  }

  return {
    context,
    operations: {
      ...operations,
      decideReview: asDeed(operations.decideReview),
      unmerge: asDeed(operations.unmerge),
      associate: asDeed(operations.associate),
    },
    watching: watchingOf(context, {
      oldestPending: () => oldestPending(db, id),
      workflowSecret: workflowSecret(id, accounts.cloudtalk.accessKeySecret),
      registration: () => registration,
    }),
    doors: {
      kustomer: {
        token: () => webhookToken,
        raise,
        seen: () => took('kustomer'),
        refused: () => counts.refusedWebhook('kustomer'),
      },
      cloudtalk: {
        workflowSecret: workflowSecret(id, accounts.cloudtalk.accessKeySecret),
        accountWebhookSecret,
        raise,
        seen(trigger) {
          took('cloudtalk')
          deliveries.taken()
          if (isTrigger(trigger)) seen(`workflow/${trigger}`)
        },
        refused() {
          counts.refusedWebhook('cloudtalk')
          deliveries.refused()
        },
        receive: (message, via) => receiveMessage(context, message, via),
        callIdOf: (callUuid) => callIdOf(db, id, callUuid),
        lookForCalls: () => callPoller?.nudge(),
      },
    },
    settle: (event, priority) => countedIn(settles, settle(context, event, priority)),
    keepRegistered: (publicUrl) => void keepRegistered(publicUrl),
    watch() {
      if (settings.active) {
        callPoller = start('poll/calls', POLL_CALLS_MS, async () => {
          await pollCalls(context)
          seen('poll')
        })
        start('poll/customers', POLL_CUSTOMERS_MS, () => pollCustomers(context))
        start('poll/contacts', POLL_CONTACTS_MS, () => pollContacts(context))
        start('look/contacts', LOOK_AT_CONTACTS_MS, () => lookAtContacts(context))
        start('prove', PROVE_MS, createNightly(context, { queued }))
      }
      // What was received is settled even where the connection is off: the outcome says so.
      start('poll/messages', POLL_MESSAGES_MS, () => pollMessages(context))
      start('runs', CHECK_RUNS_MS, runs.resume)
    },
    async stop() {
      await Promise.all([deedsDone(), stop()])
    },
    async letGo() {
      if (vendors.away().length === 0) await back()
    },
    async retire() {
      await deedsDone()
      // What waits for a vendor comes again, and goes anew.
      const stopped = stop()
      closeVendors()
      await stopped
      await Promise.allSettled(settles)
      close()
    },
    cutOff() {
      closeVendors()
      vendors.abort()
    },
    close,
  }
}

/** As Kustomer told it last: its webhooks are taken from the start on, even while Kustomer itself does not answer. */
async function storedToken(db: Db, vault: Vault, id: string, log: Logger): Promise<string | undefined> {
  try {
    return await findSecret(db, vault, id, 'kustomer-webhook-token')
  } catch (error) {
    if (!(error instanceof Unopenable)) throw error
    log.warn(`${error.message} Kustomer is asked for it instead.`)
    return undefined
  }
}
