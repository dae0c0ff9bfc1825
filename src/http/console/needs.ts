import { type ReasonCode, reasons } from '../../mapping/reasons.ts'
import type { Run } from '../../store/runs.ts'
import { VENDOR_NAMES } from '../../sync/circuit.ts'
import type { Ability } from '../auth/roles.ts'
import type { Configured } from '../configuring.ts'
import type { Summary } from '../operations.ts'
import { refusedSince } from '../refused-deliveries.ts'
import type { Health, Registration } from '../watching.ts'
import { count } from './components.tsx'
import type { ConsoleConnection } from './console.tsx'
import { SET_UP } from './settings-link.ts'

/** Something that a person is to see to. */
export interface Need {
  /** Nothing goes on, or less than should; or a decision waits. */
  tone: 'bad' | 'busy' | 'calm'
  /** Without a full stop. */
  what: string
  since?: Date | undefined
  whatToDo: string
  /** Where it is seen to, by whom. */
  at?: { path: string; query?: Record<string, string>; ability: Ability } | undefined
}

/** How a connection that runs fares. */
export interface Fares {
  id: string
  active: boolean
  summary: Summary
  health: Pick<Health, 'oldestPending' | 'seen'>
  /** When anything was settled last. */
  lastSettled: Date | undefined
  registration: Registration
  /** The latest, newest first. */
  runs: readonly Run[]
}

const MINUTE_MS = 60_000
/** A first try that fails and a second process that is at it are over by then. */
const REGISTERED_WITHIN_MS = 2 * MINUTE_MS
/** It happens three times a minute, later where the account's requests are used up. */
const POLLED_WITHIN_MS = 10 * MINUTE_MS
/** The slowest settle takes a minute or two. */
const SETTLED_WITHIN_MS = 10 * MINUTE_MS
/** A run, or a retry of very many, may hold up its own events for this long. */
const WAITS_AT_MOST_MS = 60 * MINUTE_MS

const LOOK_AT_WORKERS =
  'See whether the service’s processes that work are running, and what their logs say. Nothing is lost: what waits is kept.'

/** What a connection needs of people, the gravest first. @param fares of one that runs. */
export function needsOf(
  { id, problem }: Pick<Configured, 'id' | 'problem'>,
  fares: Fares | undefined,
  now: Date,
): Need[] {
  const setUp = { path: SET_UP, query: { connection: id }, ability: 'configure' } as const
  const unusable: Need[] =
    problem === undefined
      ? []
      : [{ tone: 'bad', what: 'Its set-up cannot be used', whatToDo: problem, at: setUp }]
  if (!fares) return problem === undefined ? [{ ...NOT_CONNECTED, at: setUp }] : unusable
  if (!fares.active) return [...unusable, { ...SWITCHED_OFF, at: { ...setUp, path: '/settings' } }]
  return [
    ...unusable,
    ...vendorsAway(fares.summary, setUp),
    ...standstill(fares, now),
    ...refusedWebhooks(fares.health, setUp, now),
    ...unregistered(fares.registration, setUp, now),
    ...failedRuns(fares.runs),
    ...failing(fares.summary),
    ...reviews(fares.summary),
    ...unexplained(fares.summary),
  ].toSorted((one, other) => TONES.indexOf(one.tone) - TONES.indexOf(other.tone))
}

export async function faresOf({
  id,
  active,
  operations,
  watching,
}: ConsoleConnection): Promise<Fares & { health: Health }> {
  const [summary, health, lastSettled, runs] = await Promise.all([
    operations.summary(),
    watching.health(),
    watching.lastSettled(),
    watching.runs(),
  ])
  return { id, active, summary, health, lastSettled, runs, registration: watching.registration() }
}

/** What one of many connections needs of people. */
export interface NeedsOfOne {
  id: string
  name: string
  runs: boolean
  needs: Need[]
}

/** Those that cannot run included: whoever looks at one is not to miss what another needs. */
export const needsOfAll = (
  configured: readonly Configured[],
  running: readonly Fares[],
  now: Date,
): NeedsOfOne[] =>
  configured.map((one) => {
    const fares = running.find(({ id }) => id === one.id)
    return {
      id: one.id,
      name: one.settings.name,
      runs: fares !== undefined,
      needs: needsOf(one, fares, now),
    }
  })

const TONES: readonly Need['tone'][] = ['bad', 'busy', 'calm']

/** The less, the graver. @param needs the gravest first. */
export const gravityOf = ([gravest]: readonly Need[]): number =>
  gravest ? TONES.indexOf(gravest.tone) : TONES.length

const NOT_CONNECTED = {
  tone: 'busy',
  what: 'It is not connected yet',
  whatToDo: 'A key is missing. An administrator goes on with the set-up.',
} as const

const SWITCHED_OFF = {
  tone: 'busy',
  what: 'This connection is switched off',
  whatToDo:
    'Nothing is written to either side, and what comes meanwhile is skipped. An administrator switches it on under Settings; a run then brings over what came.',
} as const

export const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '')

const vendorsAway = ({ away }: Summary, setUp: Need['at']): Need[] =>
  away.map(({ vendor, cause, sentence, since }) => ({
    tone: 'bad',
    what: `${VENDOR_NAMES[vendor]} ${cause === 'refused' ? 'refuses the key' : 'does not answer'}`,
    since,
    whatToDo:
      cause === 'refused'
        ? `What it says: ${withoutStop(sentence)}. An administrator gives a key that it takes; what waits then goes on by itself.`
        : `What came of it: ${withoutStop(sentence)}. What waits goes on by itself when it is back.`,
    ...(cause === 'refused' && { at: setUp }),
  }))

/** What has come to a stop tells nobody by itself; what a vendor holds up is told already. */
function standstill({ summary, health: { oldestPending, seen }, lastSettled }: Fares, now: Date): Need[] {
  if (summary.away.length > 0) return []
  const isOlder = (at: Date | undefined, ms: number) => at !== undefined && now.getTime() - at.getTime() > ms
  const needs: Need[] = []
  const settles = lastSettled !== undefined && !isOlder(lastSettled, SETTLED_WITHIN_MS)
  if (!settles && isOlder(oldestPending, SETTLED_WITHIN_MS)) {
    needs.push({
      tone: 'bad',
      what: 'Nothing is settled, though something waits',
      since: oldestPending,
      whatToDo: LOOK_AT_WORKERS,
    })
  } else if (isOlder(oldestPending, WAITS_AT_MOST_MS)) {
    needs.push({
      tone: 'busy',
      what: 'The service is far behind: something waits',
      since: oldestPending,
      whatToDo:
        'It catches up by itself. If this goes on, the API requests below say whether a vendor’s limit is used up.',
    })
  }
  if (isOlder(seen.poll, POLLED_WITHIN_MS)) {
    needs.push({
      tone: 'bad',
      what: 'CloudTalk has not been asked for calls',
      since: seen.poll,
      whatToDo: `Webhooks are taken all the same; what they miss is not found. ${LOOK_AT_WORKERS}`,
    })
  }
  return needs
}

/** Nothing else tells of messages: what is refused of them is lost. */
function refusedWebhooks({ seen }: Fares['health'], setUp: Need['at'], now: Date): Need[] {
  const since = refusedSince(seen, now)
  if (!since) return []
  return [
    {
      tone: 'bad',
      what: 'CloudTalk’s webhooks are refused',
      since,
      whatToDo:
        'What came does not carry this connection’s secret. Calls and contacts are found by polling; messages are lost. Put the secret that the set-up shows into every workflow, and check the signing secret of account webhooks if you have them. If all of them have it, somebody else sends this: it is not taken, and this goes a day after the last one.',
      at: setUp,
    },
  ]
}

function unregistered(registration: Registration, setUp: Need['at'], now: Date): Need[] {
  if (!registration || 'at' in registration) return []
  const { problem, since } = registration
  if (now.getTime() - since.getTime() < REGISTERED_WITHIN_MS) return []
  return [
    {
      tone: 'bad',
      what: 'Kustomer’s webhook is not registered',
      since,
      whatToDo: `What came of it: ${withoutStop(problem)}. It is tried again by itself, and customers are found by polling meanwhile, some seconds later.`,
      at: setUp,
    },
  ]
}

const RUN_NAMES: Record<Run['kind'], string> = {
  preview: 'The last preview',
  sync: 'The last sync',
  'undo-preview': 'The last preview of an undo',
  undo: 'The last undo',
}

/** Until another of its kind is begun. */
const failedRuns = (runs: readonly Run[]): Need[] =>
  (Object.keys(RUN_NAMES) as Run['kind'][]).flatMap((kind) => {
    const last = runs.find((run) => run.kind === kind)
    if (last?.state !== 'failed') return []
    return [
      {
        tone: 'busy' as const,
        what: `${RUN_NAMES[kind]} failed`,
        whatToDo: `What came of it: ${withoutStop(last.error ?? 'no reason is known')}. Begin it again; what it has done is not done twice.`,
        at: { path: `/runs/${last.id}`, ability: 'oversee' as const },
      },
    ]
  })

/** Records of any kind, by reason. */
function failing({ contacts, customers, calls, messages }: Summary): Need[] {
  const sums = new Map<ReasonCode, number>()
  for (const { failedByReason } of [contacts, customers, calls, messages]) {
    for (const [reason, n] of Object.entries(failedByReason) as [ReasonCode, number][])
      sums.set(reason, (sums.get(reason) ?? 0) + n)
  }
  return [...sums].map(([reason, n]) => ({
    tone: 'calm',
    what: `${count(n)} failing: ${withoutStop(reasons[reason].meaning)}`,
    whatToDo: reasons[reason].whatToDo,
    at: { path: '/records', query: { outcome: 'failed', reason }, ability: 'look' },
  }))
}

const reviews = ({ reviews: n }: Summary): Need[] =>
  n === 0
    ? []
    : [
        {
          tone: 'calm',
          what: n === 1 ? '1 possible duplicate waits' : `${count(n)} possible duplicates wait`,
          whatToDo: 'A supervisor decides under Review whether they are one.',
          at: { path: '/review', ability: 'oversee' },
        },
      ]

function unexplained({ proof }: Summary): Need[] {
  if (!proof || proof.unexplained === 0) return []
  const { day, unexplained: n } = proof
  return [
    {
      tone: 'calm',
      what: `${n === 1 ? '1 record' : `${count(n)} records`} of ${day} ${n === 1 ? 'is' : 'are'} not explained by the last proof`,
      whatToDo: `The command “prove --day ${day}” lists them, and with --repair has them settled again.`,
    },
  ]
}
