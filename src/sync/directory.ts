import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import { countryLookup } from '../mapping/countries.ts'
import type { CustomerLocation } from '../mapping/records.ts'
import { VendorAway } from './circuit.ts'
import { metered } from './meter.ts'
import type { Vendors } from './vendors.ts'

/**
 * People and places that rarely change, read whole and kept for a while: agents, users, countries, companies, teams,
 * numbers.
 */
export interface Directory {
  /** Reads what is not there yet or has grown old. */
  refresh(): Promise<void>
  /** Whether agents, users and countries have been read: who must not cause a request asks this first. */
  isRead(): boolean
  /** Reads all companies at once: cheaper than one by one before a first sync. */
  readCompanies(): Promise<void>
  /** Reads Kustomer's teams, or CloudTalk's numbers and groups, when they are not there yet or have grown old. */
  readTeams(): Promise<void>
  readLines(): Promise<void>
  /**
   * Agents, users, numbers and groups for a message of an agent, if it has one. What CloudTalk refuses to tell is done
   * without; while it does not answer, what was read before will do.
   * @throws where it does not answer, and nothing was read before that will do.
   */
  readNames(agentId: string | undefined): Promise<void>
  agent(id: string): { name: string; email: string | undefined } | undefined
  teamIdByName(name: string): string | undefined
  /** One of the account's numbers: its name, and the group that it rings. */
  line(number: string): { name: string; groupName: string | undefined } | undefined
  countryId(location: CustomerLocation): string | null
  /** The country that CloudTalk numbers so. */
  countryOf(countryId: string): { code: string; name: string } | undefined
  agentIdOfUser(userId: string): string | undefined
  userIdByEmail(email: string): string | undefined
  /** The company's name, unless it has none or is gone; one request if it is not known yet. */
  companyName(companyId: string): Promise<string | undefined>
  /** The same without a request; undefined where it is not known yet. */
  knownCompany(companyId: string): Promise<string | undefined> | undefined
  /** Whom and what settings name, as read last. */
  listed(): Listed
}

/** What people choose from. */
export interface Listed {
  agents: { name: string; email: string }[]
  users: { name: string; email: string }[]
  teams: string[]
  numbers: { number: string; name: string }[]
}

/** A new agent or user is known at the latest after this long. */
const FRESH_MS = 10 * 60_000
/** Who has what will do does not ask again any sooner: each message would, and take CloudTalk's budget. */
const UNTOLD_MS = 60_000
const PAGE = 1_000
const USERS_PAGE = 500
const COMPANIES_PAGE = 100

export function createDirectory(vendors: Vendors, now: () => number): Directory {
  let countryId: Directory['countryId'] = () => null
  let countries = new Map<string, { code: string; name: string }>()
  let agents = new Map<string, { name: string; email: string | undefined }>()
  let agentIdByEmail = new Map<string, string>()
  let userIdByEmail = new Map<string, string>()
  let emailByUserId = new Map<string, string>()
  let listedUsers: Listed['users'] = []
  let teamIds = new Map<string, string>()
  let listedTeams: string[] = []
  let staffRead = false
  let usersRead = false
  let linesRead = false
  let lines = new Map<string, { name: string; groupName: string | undefined }>()
  const companies = new Map<string, { name: Promise<string | undefined>; readAt: number }>()

  const readStaff = keptFor(FRESH_MS, now, async () => {
    const [listed, staff] = await Promise.all([
      vendors.cloudtalk((cloudtalk) => cloudtalk.countries.list()),
      readPages((page) => vendors.cloudtalk(({ agents }) => agents.list({ page, limit: PAGE }))),
    ])
    countryId = countryLookup(listed)
    countries = new Map(listed.map(({ id, name, countryCode }) => [id, { code: countryCode ?? '', name }]))
    agents = new Map(staff.map(({ id, name, email }) => [id, { name, email }]))
    agentIdByEmail = new Map(staff.flatMap(({ id, email }) => (email ? [[fold(email), id]] : [])))
    staffRead = true
  })

  const readUsers = keptFor(FRESH_MS, now, async () => {
    const users = await readUsersOf(vendors)
    const people = users.filter((user) => user.userType !== 'machine')
    // Nobody sees what is given to a user who was deactivated; whom one has created still has an agent.
    const active = people.filter(({ deletedAt }) => deletedAt === undefined)
    userIdByEmail = new Map(active.flatMap(({ id, email }) => (email ? [[fold(email), id]] : [])))
    listedUsers = active.flatMap(({ name, email }) => (email ? [{ name: name ?? email, email }] : []))
    emailByUserId = new Map(people.flatMap(({ id, email }) => (email ? [[id, fold(email)]] : [])))
    usersRead = true
  })

  const readTeams = keptFor(FRESH_MS, now, async () => {
    const teams = await readTeamsOf(vendors)
    listedTeams = teams.flatMap(({ name, displayName }) => displayName ?? name ?? [])
    teamIds = new Map(
      teams.flatMap(({ id, name, displayName }) =>
        [name, displayName].flatMap((called): [string, string][] => (called ? [[fold(called), id]] : [])),
      ),
    )
  })

  const readLines = keptFor(FRESH_MS, now, async () => {
    const [numbers, groups] = await Promise.all([
      readPages((page) => vendors.cloudtalk((cloudtalk) => cloudtalk.numbers.list({ page, limit: PAGE }))),
      readPages((page) => vendors.cloudtalk((cloudtalk) => cloudtalk.groups.list({ page, limit: PAGE }))),
    ])
    const groupNames = new Map(groups.map(({ id, name }) => [id, name]))
    lines = new Map(
      numbers.flatMap(({ number, name, connectedTo, sourceId }) => {
        const groupName = connectedTo === 'group' && sourceId ? groupNames.get(sourceId) : undefined
        return number === undefined ? [] : [[number, { name, groupName }]]
      }),
    )
    linesRead = true
  })

  const staffIfTold = ifTold(now, readStaff)
  const linesIfTold = ifTold(now, readLines)

  return {
    async refresh() {
      await Promise.all([readStaff(), readUsers()])
    },
    isRead: () => staffRead && usersRead,
    readTeams,
    readLines,
    async readNames(agentId) {
      await Promise.all([
        readUsers(),
        staffIfTold(() => agentId === undefined || agents.has(agentId)),
        linesIfTold(() => linesRead),
      ])
    },
    agent: (id) => agents.get(id),
    teamIdByName: (name) => teamIds.get(fold(name)),
    line: (number) => lines.get(number),
    async readCompanies() {
      for (let page = 1; ; page++) {
        const batch = await vendors.kustomer((kustomer) =>
          kustomer.companies.list({ page, pageSize: COMPANIES_PAGE }),
        )
        for (const company of batch.items) {
          companies.set(company.id, { name: Promise.resolve(company.name ?? undefined), readAt: now() })
        }
        if (batch.next === undefined) return
      }
    },
    countryId: (location) => countryId(location),
    countryOf: (id) => countries.get(id),
    agentIdOfUser(userId) {
      const email = emailByUserId.get(userId)
      return email === undefined ? undefined : agentIdByEmail.get(email)
    },
    userIdByEmail: (email) => userIdByEmail.get(fold(email)),
    knownCompany: (companyId) => companies.get(companyId)?.name,
    async companyName(companyId) {
      const known = companies.get(companyId)
      if (known && now() - known.readAt < FRESH_MS) return known.name
      const name = asLive(() => vendors.kustomer((kustomer) => kustomer.companies.get(companyId))).then(
        (company) => company.name,
        ifGone,
      )
      companies.set(companyId, { name, readAt: now() })
      // What could not be read is read again by the next who asks.
      name.catch(() => companies.delete(companyId))
      return name
    },
    listed: () => ({
      agents: [...agents.values()].flatMap(({ name, email }) => (email ? [{ name, email }] : [])),
      users: listedUsers,
      teams: listedTeams,
      numbers: [...lines].map(([number, { name }]) => ({ number, name })),
    }),
  }
}

/** A customer may still name a company that somebody has deleted. @throws what says anything else. */
function ifGone(error: unknown): undefined {
  if (error instanceof KustomerError && ['notFound', 'gone'].includes(error.failure.kind)) return undefined
  throw error
}

const fold = (email: string): string => email.trim().toLowerCase()

/** Who asks first may be backfill, and who waits with it live. */
const asLive = <T>(read: () => Promise<T>): Promise<T> => metered({ priority: 'live', requests: 0 }, read)

/** Reads at most this often; those who ask meanwhile share the reading. */
function keptFor(freshMs: number, now: () => number, read: () => Promise<void>): () => Promise<void> {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  return () => {
    if (now() - readAt < freshMs) return Promise.resolve()
    reading ??= asLive(read)
      .then(() => {
        readAt = now()
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
}

/** Reads what CloudTalk tells, with what was read before for what it does not; that is asked for again after a while. */
function ifTold(now: () => number, read: () => Promise<void>): (willDo: () => boolean) => Promise<void> {
  let untold = { at: Number.NEGATIVE_INFINITY, refused: false }
  return async (willDo) => {
    if (now() - untold.at < UNTOLD_MS && (untold.refused || willDo())) return
    try {
      await read()
    } catch (error) {
      if (!isOfCloudTalk(error)) throw error
      const refused = isRefusal(error)
      // A single failure would leave the message without its agent for good.
      if (!refused && !willDo()) throw error
      untold = { at: now(), refused }
    }
  }
}

const isOfCloudTalk = (error: unknown): boolean =>
  error instanceof CloudTalkError || (error instanceof VendorAway && error.vendor === 'cloudtalk')

/** What to wait for is of no use: the key may not read it, or there is nothing that can be read. */
const isRefusal = (error: unknown): boolean =>
  error instanceof CloudTalkError &&
  ['forbidden', 'rejected', 'notFound', 'gone', 'unreadable'].includes(error.failure.kind)

async function readPages<T>(
  readPage: (page: number) => Promise<{ items: T[]; pageCount: number }>,
): Promise<T[]> {
  const items: T[] = []
  for (let page = 1; ; page++) {
    const batch = await readPage(page)
    items.push(...batch.items)
    if (page >= batch.pageCount) return items
  }
}

const readUsersOf = (vendors: Vendors) =>
  readFollowing((page) => vendors.kustomer(({ users }) => users.list({ page, pageSize: USERS_PAGE })))

const readTeamsOf = (vendors: Vendors) =>
  readFollowing((page) => vendors.kustomer(({ teams }) => teams.list({ page, pageSize: USERS_PAGE })))

async function readFollowing<T>(
  readPage: (page: number) => Promise<{ items: T[]; next?: string | undefined }>,
): Promise<T[]> {
  const items: T[] = []
  for (let page = 1; ; page++) {
    const batch = await readPage(page)
    items.push(...batch.items)
    if (batch.next === undefined) return items
  }
}
