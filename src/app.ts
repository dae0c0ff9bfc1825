import { once } from 'node:events'
import type { ServerType } from '@hono/node-server'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { v4 as uuid } from 'uuid'
import { CONNECTION, type Config, publicUrlOf } from './config.ts'
import { takeFolder } from './data-folder.ts'
import type { Doors } from './http/doors.ts'
import { type Operations, operationsOf } from './http/operations.ts'
import { createHttp, listen } from './http/server.ts'
import { pendingEvents, queuedRecords } from './queue/pending.ts'
import { openQueue } from './queue/queue.ts'
import { startWorkers } from './queue/worker.ts'
import { callIdOf } from './store/calls.ts'
import { ensureConnection } from './store/connections.ts'
import { openDatabase } from './store/database.ts'
import type { RecordKind } from './store/schema.ts'
import { createBulkWriter } from './sync/bulk-writer.ts'
import { createCallReader } from './sync/calls/call-reader.ts'
import { pollCalls } from './sync/calls/poll-calls.ts'
import { createContactWriter } from './sync/contacts/contact-writer.ts'
import { createCustomerWriter } from './sync/contacts/customer-writer.ts'
import { lookAtContacts, pollContacts } from './sync/contacts/poll-contacts.ts'
import { pollCustomers } from './sync/contacts/poll-customers.ts'
import { defaultPace, type SyncContext } from './sync/context.ts'
import { createDirectory } from './sync/directory.ts'
import { backoffMs } from './sync/failure.ts'
import { holdLease } from './sync/hold-lease.ts'
import { registerKustomerWebhook } from './sync/kustomer-webhook.ts'
import { createLocks } from './sync/locks.ts'
import { pollMessages, receiveMessage } from './sync/messages/receive-message.ts'
import { type Poller, startPoller } from './sync/poller.ts'
import { createNightly } from './sync/prove/nightly.ts'
import { workflowSecret } from './sync/recipes.ts'
import { createRuns } from './sync/runs/run.ts'
import { createPauseCheck } from './sync/runs/run-pause.ts'
import { settle } from './sync/settle.ts'
import { openVendors } from './sync/vendors.ts'

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
/** Requests under way, ours and to us, may go on for this long after the word to stop. */
const GRACE_MS = 4 * SECOND

export interface Service {
  context: SyncContext
  operations: Operations
  /** Where the vendors send webhooks. */
  publicUrl(): string
  /** Takes webhooks and API requests, and has Kustomer send them. */
  serve(): Promise<void>
  /** Settles events. */
  work(): Promise<void>
  /** Raises events for what no webhook told of, and goes on with runs. */
  watch(): Promise<void>
  /** Takes nothing new, finishes what is under way, closes the database. */
  close(): Promise<void>
}

/**
 * The one place where everything is wired together.
 * @throws {FolderInUse} where another process has the embedded database; or when the database cannot be opened.
 */
export async function openService(config: Config, log: Logger, pace = defaultPace): Promise<Service> {
  const folder = config.database.kind === 'embedded' ? await takeFolder(config.dataDir, uuid()) : undefined
  const database = await openDatabase(config.database).catch(async (error: unknown) => {
    await folder?.release()
    throw error
  })
  const { db } = database
  await ensureConnection(db, CONNECTION)
  const queue = await openQueue(database, log)
  const vendors = openVendors(db, config.accounts)
  const now = () => new Date()
  const context: SyncContext = {
    connection: CONNECTION,
    org: config.accounts.kustomer.org,
    settings: config.settings,
    db,
    vendors,
    directory: createDirectory(vendors, Date.now),
    contactWriter: createContactWriter(vendors),
    customerWriter: createCustomerWriter(vendors, pace),
    bulkWriter: createBulkWriter(vendors, pace),
    locks: createLocks(db),
    callReader: createCallReader(vendors, Date.now),
    raise: queue.raise,
    pace,
    log,
    now,
  }
  const runs = createRuns(context)
  const queued = (kind: RecordKind) => queuedRecords(db, CONNECTION, kind)
  const operations = operationsOf(context, runs, { queued, pending: () => pendingEvents(db) })
  const pollers: Poller[] = []
  const poll = { db, log, holder: uuid() }
  let callPoller: Poller | undefined
  let webhookToken: string | undefined
  let registering: NodeJS.Timeout | undefined
  let closing = false
  let stopRenewing: (() => void) | undefined
  let listening: { server: ServerType; port: number } | undefined

  const doors: Doors = {
    kustomer: (id) => (id === CONNECTION ? { token: () => webhookToken, raise: queue.raise } : undefined),
    cloudtalk: (id) =>
      id === CONNECTION
        ? {
            workflowSecret: workflowSecret(CONNECTION, config.accounts.cloudtalk.accessKeySecret),
            accountWebhookSecret: config.accountWebhookSecret,
            raise: queue.raise,
            receive: (message, via) => receiveMessage(context, message, via),
            callIdOf: (uuid) => callIdOf(db, CONNECTION, uuid),
            lookForCalls: () => callPoller?.nudge(),
          }
        : undefined,
  }

  /** One process at a time: two that look and then create would leave two webhooks. */
  async function register(): Promise<void> {
    const registered = await holdLease(db, poll.holder, `${CONNECTION}/register`, async () => {
      const url = `${publicUrlOf(config, listening?.port)}/webhooks/kustomer/${CONNECTION}`
      webhookToken = await registerKustomerWebhook(vendors, config.settings.name, url)
    })
    if (!registered) throw new Error('another process registers it at this moment')
  }

  /** Kustomer switches a webhook off when its receiver was away for an hour, and a person may delete it. */
  async function keepRegistered(attempt = 0): Promise<void> {
    const registered = await register().then(
      () => true,
      (error: unknown) => {
        if (!closing)
          log.warn({ err: error }, 'the Kustomer webhook is not registered; polling goes on meanwhile')
        return false
      },
    )
    if (closing) return
    const nextMs = registered ? CHECK_WEBHOOK_MS : backoffMs(REGISTER_AGAIN_MS, attempt)
    registering = setTimeout(() => void keepRegistered(registered ? 0 : attempt + 1), nextMs)
  }

  return {
    context,
    operations,
    publicUrl: () => publicUrlOf(config, listening?.port),
    async serve() {
      const app = createHttp({
        doors,
        operations,
        token: folder?.token ?? uuid(),
        now,
        log,
        ready: async () => {
          if (closing) throw new Error('closing')
          await sql`select 1`.execute(db)
        },
      })
      listening = await listen(app, config.port)
      folder?.announce(listening.port)
      void keepRegistered()
    },
    async work() {
      stopRenewing = await startWorkers({
        db,
        queue,
        log,
        settle: (event, priority) => settle(context, event, priority),
        paused: createPauseCheck(db, Date.now),
      })
    },
    async watch() {
      if (config.settings.active) {
        callPoller = startPoller(poll, `${CONNECTION}/poll/calls`, POLL_CALLS_MS, () => pollCalls(context))
        pollers.push(
          callPoller,
          startPoller(poll, `${CONNECTION}/poll/customers`, POLL_CUSTOMERS_MS, () => pollCustomers(context)),
          startPoller(poll, `${CONNECTION}/poll/contacts`, POLL_CONTACTS_MS, () => pollContacts(context)),
          startPoller(poll, `${CONNECTION}/prove`, PROVE_MS, createNightly(context, { queued })),
          startPoller(poll, `${CONNECTION}/look/contacts`, LOOK_AT_CONTACTS_MS, () =>
            lookAtContacts(context),
          ),
        )
      }
      pollers.push(
        // What was received is settled even where the connection is off: the outcome says so.
        startPoller(poll, `${CONNECTION}/poll/messages`, POLL_MESSAGES_MS, () => pollMessages(context)),
        startPoller(poll, `${CONNECTION}/runs`, CHECK_RUNS_MS, runs.resume),
      )
    },
    async close() {
      closing = true
      clearTimeout(registering)
      // What hangs is cut off in time to end within the 10 s that a supervisor gives.
      const cutting = setTimeout(() => {
        vendors.close()
        vendors.abort()
        if (listening && 'closeAllConnections' in listening.server) listening.server.closeAllConnections()
      }, GRACE_MS)
      try {
        if (listening) await closeServer(listening.server)
        await Promise.all([runs.stop(), ...pollers.map((poller) => poller.stop()), queue.close()])
      } finally {
        clearTimeout(cutting)
        stopRenewing?.()
        context.locks.close()
        vendors.close()
        await database.close()
        await folder?.release()
      }
    },
  }
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  if ('closeIdleConnections' in server) server.closeIdleConnections()
  await closed
}
