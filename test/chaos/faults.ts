import type { Emulators } from '../helpers/emulators.ts'

const SLOW_MS = 1_500

/** Nobody can tell whether a contact was added whose answer was lost, so those who push are spared at CloudTalk. */
const SPARED = ['PUT /contacts/add.json', 'POST /contacts/edit/:id.json'].map((route) => ({
  route,
  rate: 1,
  kind: 'slow',
  ms: 0,
}))

/** What goes wrong between the service and the vendors, both ways. */
export const FAULTY = {
  rules: [
    ...SPARED,
    { route: '*', rate: 0.025, kind: 'status', status: 500 },
    { route: '*', rate: 0.025, kind: 'status', status: 503 },
    { route: '*', rate: 0.03, kind: 'lostAnswer' },
    { route: '*', rate: 0.03, kind: 'reset' },
    { route: '*', rate: 0.02, kind: 'slow', ms: SLOW_MS },
  ],
  webhooks: { drop: 0.05, duplicate: 0.1, delayMs: 0, shuffle: true },
}
export const HEALED = { rules: [], webhooks: {} }

export const setFaults = async ({ cloudtalk, kustomer }: Emulators, faults: object): Promise<void> => {
  await Promise.all([cloudtalk, kustomer].map((vendor) => vendor.control('PUT', '/faults', faults)))
}

/** What the vendors have failed to answer so far. */
export async function countFaults({ cloudtalk, kustomer }: Emulators): Promise<Record<string, number>> {
  const faults: Record<string, number> = {}
  const add = (what: string, count = 0) => {
    faults[what] = (faults[what] ?? 0) + count
  }
  for (const vendor of [cloudtalk, kustomer]) {
    const { byStatus } = await vendor.requests()
    add('errors', (byStatus[500] ?? 0) + (byStatus[503] ?? 0))
    add('lost answers and resets', byStatus[0])
    add('429', byStatus[429])
  }
  return faults
}
