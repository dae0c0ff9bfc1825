import { randomBytes } from 'node:crypto'
import { createRandom } from '../../src/emulators/random.ts'
import type { DatabaseKind } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { runCli } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import {
  type Admin,
  bringOver,
  checkBudget,
  checkProof,
  checkSaid,
  checkSecrets,
  readSaid,
  type SharedLimits,
  secretsOf,
} from './aftermath.ts'
import { type Check, checkState } from './checker.ts'
import { type ChaosDatabase, openChaosDatabase } from './database.ts'
import { type Deployment, type Role, startDeployment } from './deployment.ts'
import { keepEvidence } from './evidence.ts'
import { countFaults, FAULTY, HEALED, setFaults } from './faults.ts'
import { type LoadBalancer, startLoadBalancer } from './load-balancer.ts'
import { type ChaosSize, type Company, makePlan, type Plan } from './plan.ts'
import { type PlanRun, type Pushers, runPlan } from './push.ts'
import { vendorApi } from './vendor-api.ts'
import { createWitness, type Witnessed } from './witness.ts'

export interface ChaosOptions {
  seed: number
  database: DatabaseKind
  size: ChaosSize
  /** Processes that are ended while the plan is pushed through; the last one gets SIGTERM, all others SIGKILL. */
  kills: number
  log: (line: string) => void
  /** More environment of the processes. */
  env?: Record<string, string>
  /** Where everything is put that helps to find out why a check has failed. */
  keep?: string | undefined
}

export interface ChaosReport {
  checks: Check[]
  /** Requests that the vendors failed, by kind, and webhooks that were not taken. */
  faults: Record<string, number>
  /** Processes that were ended, by signal, and restarts of the database. */
  survived: Record<string, number>
  pushed: Record<string, number>
  requests: Record<string, number>
  /**
   * Edits that were taken for the echo of a write of our own, whose own webhook was dropped: looks find them, ten a
   * minute, for which nobody waits here.
   */
  late: number
  seconds: number
}

/**
 * A limit minute lasts this long, so that the vendors' limits do not make a run take an hour. In one of a second, what
 * the machine held up at its turn (34 requests of 120 were seen) came to more than the budgets hold back.
 */
const MINUTE_MS = 5_000
/** Requests in such a minute; those who push take theirs of the same limits. */
const CLOUDTALK_LIMITS = { rateLimit: 600 }
const KUSTOMER_LIMITS = {
  requestsPerMinute: 5_000,
  searchesPerMinute: 500,
  creationsPerCustomerPerMinute: 600,
}
/** Nobody pushes faster than this is worked off: else all of it would be pushed before the first kill. */
const MOST_PENDING = 1_500
/** While nobody can tell how long the backlog is, the world goes on for so many looks. */
const UNKNOWN = 3
/** Longer than the longest back-off, five minutes. */
const DRAIN_MS = 400_000
/** Between two looks at what is under way. */
const LOOK_MS = 500
const QUIET_LOOKS = 5
const LATE_TRIES = 5

const ROLES: Record<DatabaseKind, readonly Role[]> = {
  postgres: ['web', 'web', 'worker', 'worker', 'worker'],
  embedded: ['all'],
}

/** What the service is given here, in the order in which it is torn down. */
interface Scene {
  emulators: Emulators
  database: ChaosDatabase
  balancer: LoadBalancer
  deployment: Deployment
  witness: Witnessed
  env: Record<string, string>
  admin: Admin
}

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, database: kind, size, kills, log, keep } = options
  const started = Date.now()
  await using cleanUp = new AsyncDisposableStack()
  const scene = await setScene(options, cleanUp)
  const { emulators, deployment, balancer, witness, env, admin } = scene
  let checks: Check[] = []
  // Of a run that could not go on, too.
  if (keep !== undefined) cleanUp.defer(() => keepAll(keep, scene, checks))
  const pushers = pushersOf(emulators, witness)
  const plan = makePlan(seed, size, (await emulators.cloudtalk.state()) as unknown as Company)
  log(`${plan.pushes.length} records to push, ${plan.edits.length} edits; ${ROLES[kind].length} processes`)

  const running = runPlan(plan, pushers)
  await setFaults(emulators, FAULTY)
  const restarts = await pushUnderFire(scene, plan, running, kills, log)
  const faults = await countFaults(emulators)
  await setFaults(emulators, HEALED)
  log('pushed, and healed')
  const stood = await running.lastEdits()
  log('the last edits are made')
  const untold = await running.tellUntoldEdits()
  log(`${untold} edits of contacts had to be saved again to be told`)
  await drained(scene)
  log('drained')
  const serviceEnv = { ...env, ...scene.database.env }
  const syncLog = await bringOver(serviceEnv)
  await drained(scene)
  log('synced and drained')
  const late = await running.saveLateEditsAgain()
  for (let tries = 0; tries < LATE_TRIES; tries++) {
    await drained(scene)
    if ((await running.saveLateEditsAgain()).failures.length === 0) break
  }
  const proof = await checkProof(serviceEnv)
  const said = await readSaid(balancer.url, admin)

  const [cloudtalk, kustomer] = await Promise.all([emulators.cloudtalk.state(), emulators.kustomer.state()])
  const facts = { plan, cloudtalk, kustomer, witness, org: env.KUSTOMER_ORG ?? '', publicUrl: balancer.url }
  const atCloudTalk = await emulators.cloudtalk.requests()
  const atKustomer = await emulators.kustomer.requests()
  const limits = await limitsOf(emulators)
  const logs = [...deployment.logs(), syncLog]
  checks = [
    ...checkState(facts),
    stood,
    proof,
    checkSaid(said, plan, kustomer),
    { what: 'no process has ended by itself', checked: logs.length, failures: deployment.crashes() },
    checkSecrets(secretsOf(env, scene.database.password, kustomer, cloudtalk), logs),
    checkBudget('CloudTalk', limits.cloudtalk, atCloudTalk, pushers.cloudtalk.toldToWait()),
    checkBudget('Kustomer', limits.kustomer, atKustomer, pushers.kustomer.toldToWait()),
  ]
  return {
    checks,
    faults: { ...faults, 'webhooks not taken': balancer.counts().refused },
    survived: { ...deployment.killed(), 'database restarts': restarts },
    pushed: {
      customers: plan.customers.length,
      contacts: plan.contacts.length,
      calls: plan.calls.length,
      messages: plan.messages.length,
      edits: plan.edits.length + plan.calls.reduce((sum, { editsMade }) => sum + editsMade, 0),
    },
    requests: { CloudTalk: atCloudTalk.total, Kustomer: atKustomer.total },
    late: late.failures.length,
    seconds: Math.round((Date.now() - started) / 1_000),
  }
}

async function keepAll(
  folder: string,
  { emulators, database, deployment, env }: Scene,
  checks: readonly Check[],
): Promise<void> {
  const [cloudtalk, kustomer] = await Promise.all([emulators.cloudtalk.state(), emulators.kustomer.state()])
  await keepEvidence(folder, {
    checks,
    cloudtalk,
    kustomer,
    atCloudTalk: await emulators.cloudtalk.requests(),
    atKustomer: await emulators.kustomer.requests(),
    limits: await limitsOf(emulators),
    logs: deployment.logs(),
    env: { ...env, ...database.env },
    waiting: await database.waiting(),
  })
}

/** What was asked in each of the vendors' minutes. */
async function limitsOf({
  cloudtalk,
  kustomer,
}: Emulators): Promise<{ cloudtalk: SharedLimits; kustomer: SharedLimits }> {
  return {
    cloudtalk: await cloudtalk.control<SharedLimits>('GET', '/limits'),
    kustomer: await kustomer.control<SharedLimits>('GET', '/limits'),
  }
}

async function setScene(
  { seed, database: kind, log, env: more }: ChaosOptions,
  cleanUp: AsyncDisposableStack,
): Promise<Scene> {
  const emulators = await startEmulators({ seed, minuteMs: MINUTE_MS })
  cleanUp.defer(() => emulators.close())
  await emulators.cloudtalk.control('PUT', '/switches', CLOUDTALK_LIMITS)
  await emulators.kustomer.control('PUT', '/switches', KUSTOMER_LIMITS)
  // A key of its own, whose text is nowhere by chance; CloudTalk's emulator has one key only.
  const key = `kustomer-key-${randomBytes(12).toString('hex')}`
  const roles = ['org.admin', 'org.permission', 'org.user']
  await emulators.kustomer.control('PUT', '/keys', [{ token: key, name: 'Service', roles }])
  const database = await openChaosDatabase(kind)
  cleanUp.defer(() => database.drop())
  const witness = createWitness()
  const balancer = await startLoadBalancer(witness)
  cleanUp.defer(() => balancer.close())
  const addresses = { ...emulators.env, PUBLIC_URL: balancer.url }
  const admin = { email: 'admin@example.com', password: `chaos-admin-${randomBytes(12).toString('hex')}` }
  const env = {
    ...addresses,
    KUSTOMER_API_KEY: key,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    // A sign-in holds at every process.
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'debug',
    ...more,
  }
  const deployment = await startDeployment(ROLES[kind], env, database, balancer, createRandom(seed))
  cleanUp.defer(() => deployment.stop())
  const recipes = await runCli(['recipes', '--json'], { ...env, ...database.env })
  await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(recipes.stdout))
  await until('the Kustomer webhook is registered', async () => {
    const { webhooks = [] } = await emulators.kustomer.state()
    return webhooks.length > 0
  })
  log('the service is up')
  return { emulators, database, balancer, deployment, witness, env, admin }
}

const pushersOf = (emulators: Emulators, witness: Witnessed): Pushers => {
  const basic = `Basic ${Buffer.from('CLOUDTALK:emulator').toString('base64')}`
  return {
    kustomer: vendorApi(emulators.kustomer, '/v1', 'Bearer emulator', MINUTE_MS),
    cloudtalk: vendorApi(emulators.cloudtalk, '/api', basic, MINUTE_MS),
    emulators,
    witness,
  }
}

/** Pushes, and meanwhile ends processes at even distances and takes the database away once. @returns its restarts. */
async function pushUnderFire(
  { database, deployment }: Scene,
  plan: Plan,
  running: PlanRun,
  kills: number,
  log: (line: string) => void,
): Promise<number> {
  let reached = 0
  let restarts = 0
  const blows: { at: number; strike: () => Promise<void> }[] = Array.from({ length: kills }, (_, at) => ({
    at: (at + 0.5) / kills,
    strike: () => deployment.kill(at === kills - 1 ? 'SIGTERM' : 'SIGKILL'),
  }))
  if (database.restart) {
    const restart = database.restart
    const strike = async () => {
      const before = reached
      await restart(async () => {
        // Where little is pushed, all of it may have been by now.
        await until('something happens while the database is away', () => reached > before || reached === 1)
      })
      restarts++
    }
    blows.push({ at: 0.5, strike })
  }
  let unknown = 0
  let striking: Promise<void> = Promise.resolve()
  let failed: unknown
  const inOrder = blows.toSorted((one, other) => one.at - other.at)
  await running.push(async (share) => {
    reached = share
    while (inOrder[0] && inOrder[0].at <= share) {
      const blow = inOrder.shift()
      striking = striking.then(blow?.strike).catch((error) => {
        failed ??= error
      })
    }
    if (failed) throw failed
    await until(
      'the backlog is short enough',
      async () => {
        const pending = await database.pending()
        if (pending !== undefined) unknown = 0
        return pending === undefined ? unknown++ < UNKNOWN : pending < MOST_PENDING
      },
      DRAIN_MS,
    )
    if (Math.floor(share * 10) > Math.floor((share - 40 / plan.pushes.length) * 10)) {
      log(`${Math.round(share * 100)} %, ${(await database.pending()) ?? '?'} pending`)
    }
  })
  await striking
  if (failed) throw failed
  return restarts
}

/** Nothing is under way any more, neither in the queue nor between the vendors and the door. */
async function drained({ emulators, database }: Scene): Promise<void> {
  let quiet = 0
  await until(
    'everything is settled',
    async () => {
      await Promise.all([emulators.cloudtalk.webhooksIdle(), emulators.kustomer.webhooksIdle()])
      quiet = (await database.pending()) === 0 ? quiet + 1 : 0
      return quiet >= QUIET_LOOKS
    },
    DRAIN_MS,
    LOOK_MS,
  )
}
