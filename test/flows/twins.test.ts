import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer, customer } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

/** Long enough for the other customer to come and go in between. */
const NEXT_TRY_MS = 1_500

test.each(['reset', 'status'] as const)(
  'two customers of one name, the creation of the first ends in %s: they share one contact',
  async (kind) => {
    stack = await startStack()
    await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind, status: 503 })
    const name = 'Wendy Xu'
    const first = await createCustomer(stack, { ...customer('+442071838750'), name, emails: [] })
    await until('its next try is some time away', async () => {
      const [record] = await stack.service.operations.trace(first)
      const nextAt = record?.story.at(-1)?.nextAt?.getTime() ?? 0
      return nextAt > Date.now() + NEXT_TRY_MS
    })
    await setFaults(stack.cloudtalk)
    const second = await createCustomer(stack, { ...customer('+442071838751'), name, emails: [] })
    await stack.settled(60_000)
    const { contacts = [] } = await stack.cloudtalk.state()
    expect(contacts).toHaveLength(1)
    const links = contacts[0].external_urls.map(({ url }: { url: string }) => url.split('/').at(-1))
    expect(links.toSorted()).toEqual([first, second].toSorted())
  },
  90_000,
)
