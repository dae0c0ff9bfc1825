import type { Browser } from 'playwright-core'
import { settingsSchema } from '../../src/mapping/settings.ts'
import { ADMIN, openPage, setUpAddress } from './console.ts'
import { setFaults } from './faults.ts'
import { addContact, createCustomer, customer, endCall, sendMessage } from './records.ts'
import { type Stack, startStack } from './service.ts'

/** Makes the first administrator by the page. @returns the console's address. */
export async function makeAdmin(browser: Browser, stack: Stack): Promise<string> {
  const base = stack.service.publicUrl()
  const { page } = await openPage(browser)
  await page.goto(setUpAddress(stack).replace(/:\/\/[^/]+/, `://${new URL(base).host}`))
  await page.getByLabel('Name').fill(ADMIN.name)
  await page.getByLabel('Email').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button').click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return base
}

export const ANN = {
  number: '+442071838761',
  second: '+442071838762',
  emails: ['ann@example.com', 'ann.bell@example.com'],
} as const
export const EVE = { numbers: ['+442071838771', '+442071838772'], own: '+442071838773' } as const
export const STRANGER = '+442071838781'

/** What the pages have something to show of: a run, two customers of one contact, a review, a stranger, a failure. */
export async function startWorld(
  more: { customers?: number; contacts?: number; calls?: number } = {},
): Promise<Stack> {
  const stack = await startStack(more)
  const settings = settingsSchema.parse({
    name: 'Support',
    contactTag: 'Kustomer',
    timeZone: 'Europe/London',
  })
  await stack.service.configuring.saveSettings('default', 0, settings)
  if (more.customers) await stack.sync(new Date(Date.now() - 90 * 86_400_000))
  const [first, second] = ANN.emails
  await createCustomer(stack, {
    ...customer(ANN.number, { name: 'Ann Bell', emails: [{ type: 'work', email: first }] }),
    urls: [{ url: 'https://www.example.com', type: 'website' }],
    locations: [
      { type: 'work', address: '12 High Street', cityName: 'London', zipCode: 'EC1A 1BB', countryCode: 'GB' },
    ],
  })
  await stack.settled()
  await createCustomer(
    stack,
    customer(ANN.second, { name: 'Ann Bell', emails: [{ type: 'work', email: second }] }),
  )
  for (const number of EVE.numbers) {
    await addContact(stack, { name: 'Eve Hall', ContactNumber: [{ public_number: number }] })
  }
  await stack.settled()
  await createCustomer(stack, customer(EVE.own, { name: 'Eve Hall' }))
  await endCall(stack, { external_number: ANN.number, talking_time: 192, notes: ['Asked for an invoice.'] })
  await sendMessage(stack, { external_number: ANN.number, text: 'Thank you for the invoice!' })
  await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await stack.settled()
  await setFaults(stack.kustomer, { route: 'POST /conversations', kind: 'status', status: 400 })
  await endCall(stack, { external_number: ANN.second, outcome: 'missed' })
  await stack.settled()
  await setFaults(stack.kustomer)
  return stack
}
