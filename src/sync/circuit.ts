import type { Logger } from 'pino'
import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import {
  claimProbe,
  closeCircuit,
  findOpenCircuit,
  type OpenCircuit,
  openCircuit,
  stillOpen,
} from '../store/circuits.ts'
import type { Db } from '../store/database.ts'
import type { CircuitCause, Vendor } from '../store/schema.ts'
import { Stopping } from './stopping.ts'

/**
 * Keeps requests from a vendor that is away or does not let us in, over all processes, so that an outage costs a probe
 * now and then instead of one failure for each record that waits.
 *
 * It opens after {@link FAILURES} requests in a row that got no proper answer, or when the key itself is refused, which
 * a 401 or 403 alone does not say: the probe does. It closes when a probe succeeds.
 */

/** In a row. At one failure in ten, which is a bad day of a vendor that is there, twelve in a row are 10⁻¹². */
const FAILURES = 12
/**
 * Failures that come together count as one: a process that stood still finds all of its idle connections broken, and
 * all that it had asked timed out, though the vendor is there.
 */
const TOGETHER_MS = 50
/** After it has closed, requests go one by one until this many were answered. */
const TRIALS = 3
/**
 * In a row, before that. Not one: at one failure in ten, one of the fifteen trials of five processes fails in four
 * cases of five, and the circuit would stay open on a bad day.
 */
const TRIAL_FAILURES = 3
/** How often the other processes' circuits are looked at, and whether a probe is due. */
const LOOK_MS = 1_000

export const VENDOR_NAMES: Record<Vendor, string> = { cloudtalk: 'CloudTalk', kustomer: 'Kustomer' }

/** A request that was not sent, because its vendor is away or refuses the key. */
export class VendorAway extends Error {
  override readonly name = 'VendorAway' as const
  readonly vendor: Vendor
  readonly circuit: OpenCircuit

  constructor(vendor: Vendor, circuit: OpenCircuit) {
    const since = circuit.since.toISOString().replace(/\.\d+/, '')
    super(
      circuit.cause === 'refused'
        ? `${VENDOR_NAMES[vendor]} has refused the connection’s key since ${since} (${circuit.sentence}). What waits goes on by itself when the key works again.`
        : `${VENDOR_NAMES[vendor]} has not answered properly since ${since} (${circuit.sentence}). What waits goes on by itself when it is back.`,
    )
    this.vendor = vendor
    this.circuit = circuit
  }
}

/** The key was accepted, and lacks what the service needs. */
export class KeyLacksRoles extends Error {
  override readonly name = 'KeyLacksRoles' as const
}

export interface CircuitPorts {
  db: Db
  vendor: Vendor
  account: string
  /** Before the first probe. */
  firstWaitMs: number
  /** One cheap request that tells whether the vendor answers and accepts the key. @throws where it does not. */
  probe(): Promise<unknown>
  /** Lets go what was held back. */
  closed(): Promise<void>
  log: Logger
}

export class Circuit {
  readonly #ports: CircuitPorts
  #open: OpenCircuit | undefined
  #failures = 0
  /** By the clock of the process, in milliseconds. */
  #countedAt = Number.NEGATIVE_INFINITY
  #trials = 0
  #trial: Promise<unknown> | undefined
  /** What was held back may be waiting still: by an outage before this start, or because letting go has failed. */
  #owesRelease = true
  #asking: Promise<void> | undefined
  #looking: NodeJS.Timeout | undefined
  #stopped = false

  constructor(ports: CircuitPorts) {
    this.#ports = ports
  }

  get open(): OpenCircuit | undefined {
    return this.#open
  }

  /** @throws {VendorAway} while it is open. @throws {Stopping} once the service stops. */
  check(): void {
    if (this.#stopped) throw new Stopping()
    if (this.#open) throw new VendorAway(this.#ports.vendor, this.#open)
  }

  /** Sends a request, and learns from how it ends. @throws {VendorAway} without sending it, while it is open. */
  async through<T>(call: () => Promise<T>): Promise<T> {
    while (this.#trials > 0 && this.#trial) await this.#trial
    if (this.#trials === 0) return this.#send(call)
    const mine = this.#send(call)
    this.#trial = mine
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#trial = undefined
      })
    return mine
  }

  /** Begins to look after it. @throws when the database does not answer. */
  async start(): Promise<void> {
    await this.#look()
    this.#lookAgain()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#looking)
  }

  async #send<T>(call: () => Promise<T>): Promise<T> {
    this.check()
    try {
      const result = await call()
      this.#answered()
      return result
    } catch (error) {
      await this.#learn(error)
      throw error
    }
  }

  #answered(): void {
    this.#failures = 0
    if (this.#trials > 0) this.#trials--
  }

  async #learn(error: unknown): Promise<void> {
    const cause = causeOf(error)
    if (cause === undefined) return isOfVendor(error) ? this.#answered() : undefined
    if (this.#stopped || this.#open) return
    if (cause === 'refused') return this.#askAboutKey()
    if (this.#isEnough()) await this.#breakFor(cause, error)
  }

  #isEnough(): boolean {
    if (this.#trials > 0) return ++this.#failures >= TRIAL_FAILURES
    const now = performance.now()
    if (now - this.#countedAt < TOGETHER_MS) return false
    this.#countedAt = now
    return ++this.#failures >= FAILURES
  }

  /** A 403 may be about one record only. Of many that are refused at once, one asks. */
  async #askAboutKey(): Promise<void> {
    this.#asking ??= this.#ports
      .probe()
      .then(
        () => undefined,
        (error: unknown) => (causeOf(error) === 'refused' ? this.#breakFor('refused', error) : undefined),
      )
      .finally(() => {
        this.#asking = undefined
      })
    await this.#asking
  }

  async #breakFor(cause: CircuitCause, error: unknown): Promise<void> {
    const { db, account, firstWaitMs } = this.#ports
    const sentence = error instanceof Error ? error.message : ''
    this.#failures = 0
    try {
      await openCircuit(db, account, { cause, sentence }, firstWaitMs)
      await this.#look()
    } catch {
      // The database is away as well; the next failure opens it.
    }
  }

  #lookAgain(): void {
    if (this.#stopped) return
    this.#looking = setTimeout(() => {
      this.#look()
        .then(() => this.#probeIfDue())
        // The database is away; it is looked at again.
        .catch(() => undefined)
        .finally(() => this.#lookAgain())
    }, LOOK_MS)
    this.#looking.unref()
  }

  async #look(): Promise<void> {
    const { db, vendor, account, log, closed } = this.#ports
    const found = await findOpenCircuit(db, account)
    const before = this.#open
    this.#open = found
    if (found && !before) log.warn({ vendor, cause: found.cause }, new VendorAway(vendor, found).message)
    if (found) {
      this.#owesRelease = true
      return
    }
    if (before) {
      this.#trials = TRIALS
      this.#failures = 0
      log.info({ vendor }, `${VENDOR_NAMES[vendor]} answers again; what was held back goes on`)
    }
    if (!this.#owesRelease) return
    await closed()
    this.#owesRelease = false
  }

  async #probeIfDue(): Promise<void> {
    const { db, account, firstWaitMs, probe } = this.#ports
    if (!this.#open || this.#stopped || !(await claimProbe(db, account, firstWaitMs))) return
    try {
      await probe()
      await closeCircuit(db, account)
    } catch (error) {
      const cause = causeOf(error)
      const sentence = error instanceof Error ? error.message : ''
      if (cause) await stillOpen(db, account, { cause, sentence })
      else if (isOfVendor(error)) await closeCircuit(db, account)
    }
    await this.#look()
  }
}

/** What an error says of the vendor as a whole; nothing, where it is about the one request. */
function causeOf(error: unknown): CircuitCause | undefined {
  if (error instanceof KeyLacksRoles) return 'refused'
  if (!isOfVendor(error)) return undefined
  switch (error.failure.kind) {
    case 'unavailable':
    case 'unreachable':
      return 'away'
    case 'unauthorized':
    case 'forbidden':
      return 'refused'
    default:
      return undefined
  }
}

/** An answer of the vendor itself, or none. */
const isOfVendor = (error: unknown): error is KustomerError | CloudTalkError =>
  error instanceof KustomerError || (error instanceof CloudTalkError && isMainHost(error))

/** Analytics and AI are hosts of their own, and none of what is synced hangs on them (contract cloudtalk §1.1). */
const isMainHost = ({ route }: CloudTalkError): boolean => route.includes('.json')
