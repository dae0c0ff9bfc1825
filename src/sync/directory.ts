import type { CloudTalk } from '../cloudtalk/index.ts'
import { countryLookup } from '../mapping/countries.ts'
import type { CustomerLocation } from '../mapping/records.ts'
import type { Vendors } from './vendors.ts'

/** People and places that rarely change, read whole and kept for a while: agents, users, countries, companies. */
export interface Directory {
  /** Reads what is not there yet or has grown old. */
  refresh(): Promise<void>
  /** Reads all companies at once: cheaper than one by one before a first sync. */
  readCompanies(): Promise<void>
  countryId(location: CustomerLocation): string | null
  /** The country that CloudTalk numbers so. */
  countryOf(countryId: string): { code: string; name: string } | undefined
  agentIdOfUser(userId: string): string | undefined
  userIdByEmail(email: string): string | undefined
  /** The company's name; one request if it is not known yet. */
  companyName(companyId: string): Promise<string | undefined>
}

/** A new agent or user is known at the latest after this long. */
const FRESH_MS = 10 * 60_000
const PAGE = 1_000
const USERS_PAGE = 500
const COMPANIES_PAGE = 100

export function createDirectory(vendors: Vendors, now: () => number): Directory {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  let countryId: Directory['countryId'] = () => null
  let countries = new Map<string, { code: string; name: string }>()
  let agentIdByEmail = new Map<string, string>()
  let userIdByEmail = new Map<string, string>()
  let emailByUserId = new Map<string, string>()
  const companies = new Map<string, { name: Promise<string | undefined>; readAt: number }>()

  async function read(): Promise<void> {
    const [listed, agents, users] = await Promise.all([
      vendors.cloudtalk((cloudtalk) => cloudtalk.countries.list()),
      readAgents(vendors),
      readUsers(vendors),
    ])
    countryId = countryLookup(listed)
    countries = new Map(listed.map(({ id, name, countryCode }) => [id, { code: countryCode ?? '', name }]))
    agentIdByEmail = new Map(agents.flatMap(({ id, email }) => (email ? [[fold(email), id]] : [])))
    const people = users.filter((user) => user.userType !== 'machine')
    userIdByEmail = new Map(people.flatMap(({ id, email }) => (email ? [[fold(email), id]] : [])))
    emailByUserId = new Map(people.flatMap(({ id, email }) => (email ? [[id, fold(email)]] : [])))
    readAt = now()
  }

  return {
    refresh() {
      if (now() - readAt < FRESH_MS) return Promise.resolve()
      reading ??= read().finally(() => {
        reading = undefined
      })
      return reading
    },
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
    async companyName(companyId) {
      const known = companies.get(companyId)
      if (known && now() - known.readAt < FRESH_MS) return known.name
      const name = vendors
        .kustomer((kustomer) => kustomer.companies.get(companyId))
        .then((company) => company?.name ?? undefined)
      companies.set(companyId, { name, readAt: now() })
      // What could not be read is read again by the next who asks.
      name.catch(() => companies.delete(companyId))
      return name
    },
  }
}

const fold = (email: string): string => email.trim().toLowerCase()

async function readAgents(
  vendors: Vendors,
): Promise<Awaited<ReturnType<CloudTalk['agents']['list']>>['items']> {
  const agents = []
  for (let page = 1; ; page++) {
    const batch = await vendors.cloudtalk((cloudtalk) => cloudtalk.agents.list({ page, limit: PAGE }))
    agents.push(...batch.items)
    if (page >= batch.pageCount) return agents
  }
}

async function readUsers(vendors: Vendors) {
  const users = []
  for (let page = 1; ; page++) {
    const batch = await vendors.kustomer((kustomer) => kustomer.users.list({ page, pageSize: USERS_PAGE }))
    users.push(...batch.items)
    if (batch.next === undefined) return users
  }
}
