import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askApi } from '../helpers/api.ts'
import { faultsOf } from '../helpers/axe.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, signIn } from '../helpers/console.ts'
import { ANN, EVE, makeAdmin, startWorld } from '../helpers/console-world.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer } from '../helpers/records.ts'
import type { Stack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What supervisors do on the pages day by day: read the mapping, find what went wrong, decide and take apart. */

let browser: Browser
let stack: Stack
let base: string
let page: Page
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([startBrowser(), startWorld()])
  base = await makeAdmin(browser, stack)
  ;({ page } = await openPage(browser))
  page.on('dialog', (dialog) => void dialog.accept())
  await signIn(page, base, ADMIN.email, ADMIN.password)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

/** The rows of a table of the mapping page: what the target is called, and the sample's value. */
async function samplesOf(title: string): Promise<Record<string, string>> {
  const rows = page.getByRole('region', { name: title, exact: true }).locator('tbody tr')
  const cells = await rows.evaluateAll((all) =>
    all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim() ?? '')),
  )
  return Object.fromEntries(cells.map(([target = '', , , sample = '']) => [target, sample]))
}

test('the mapping page shows what stands on the other side, for a record that somebody asks for', async () => {
  const before = [await stack.cloudtalk.requests(), await stack.kustomer.requests()].map(({ total }) => total)
  await page.goto(`${base}/mapping?q=${encodeURIComponent(ANN.number)}`)
  const after = [await stack.cloudtalk.requests(), await stack.kustomer.requests()].map(({ total }) => total)
  expect(after).toEqual(before)

  const [contact] = (await stack.cloudtalk.state()).contacts ?? []
  expect(await samplesOf('Customer to contact')).toMatchObject({
    Name: contact.name,
    Phones: ANN.number,
    Emails: ANN.emails[0],
    City: contact.city,
    Website: contact.website,
    Country: expect.stringContaining('United Kingdom'),
    Company: 'empty',
  })
  expect(await samplesOf('Contact to customer')).toMatchObject({
    name: contact.name,
    externalId: String(contact.id),
    'emails of type work': expect.stringContaining(`${ANN.emails[0]} (work)`),
  })
  const { conversations = [], notes = [] } = await stack.kustomer.state()
  const call = await samplesOf('Call to conversation')
  const conversation = conversations.find(({ attributes }) => attributes.externalId === call['External ID'])
  expect(call).toMatchObject({
    Name: conversation.attributes.name,
    Status: conversation.attributes.status,
    Customer: conversation.relationships.customer.data.id,
  })
  const shown = await samplesOf('Call to note')
  const note = notes.find(({ attributes }) => attributes.externalId === call['External ID'])
  const lines = Object.entries(shown).filter(
    ([target, sample]) => target.startsWith('Body') && sample !== 'empty',
  )
  expect(lines.length).toBeGreaterThan(6)
  for (const [, line] of lines) expect(note.attributes.body).toContain(line)
  expect(await samplesOf('Message to note')).toMatchObject({
    'Body, line “Text”': 'Text: Thank you for the invoice!',
  })
})

test('the mapping page says what the settings and the vendors’ answers have made of the rules', async () => {
  await page.goto(`${base}/mapping`)
  const text = (await page.textContent('main')) ?? ''
  expect(text).toContain('only the contact tag “Kustomer” is added')
  expect(text).toContain('missed: Open')
  expect(text).toContain('never written, never cleared')
  const forms = page.getByRole('region', { name: 'Forms in use' }).getByRole('row')
  expect(await forms.filter({ hasText: 'Subject and direction' }).textContent()).toMatch(/literal|nearest/)
  expect(await forms.filter({ hasText: 'Edit of a contact' }).count()).toBe(1)
  await page.goto(`${base}/mapping?q=nobody%40example.com`)
  await page.getByText('Nothing is known of this, so there is no sample.').waitFor()
})

test('activity narrows down by reason and by day, and says what to do', async () => {
  await page.goto(`${base}/activity?outcome=failed`)
  const reasons = page.getByRole('region', { name: /^By reason/ })
  expect(await reasons.locator('tbody tr').allTextContents()).toEqual([
    expect.stringMatching(/^1REJECTED_BY_KUSTOMER.*retry/),
  ])
  const today = new Date().toISOString().slice(0, 10)
  await page.goto(`${base}/activity?kind=call&from=${today}&to=${today}`)
  expect(await reasons.textContent()).toContain('in this time')
  const inDay = page.getByRole('region', { name: 'Outcomes' }).locator('tbody tr')
  expect(await inDay.count()).toBeGreaterThan(3)
  await page.goto(`${base}/activity?kind=call&to=2020-01-01`)
  await page.getByText('Nothing fits.').waitFor()
  await page.goto(`${base}/activity?from=yesterday`)
  expect(await inDay.count()).toBeGreaterThan(3)
})

test('activity begins with what happened, and both lists name people and numbers', async () => {
  await page.goto(`${base}/activity?kind=customer`)
  const reasons = page.getByRole('region', { name: /^By reason/ })
  expect(await reasons.getByRole('row').first().isVisible()).toBe(false)
  await reasons.getByRole('heading').click()
  await reasons.getByRole('row').first().waitFor()
  for (const list of ['activity', 'records']) {
    await page.goto(`${base}/${list}?kind=customer`)
    await page
      .getByRole('row', { name: /Ann Bell customer/ })
      .first()
      .waitFor()
    await page.goto(`${base}/${list}?kind=call`)
    const called = page.getByRole('row').filter({ hasText: ANN.number })
    await called
      .getByRole('link', { name: /^call \d+$/ })
      .first()
      .waitFor()
  }
})

test('times and days are those of the reader’s zone', async () => {
  await page.goto(base)
  await page.getByText('Times are in Europe/Prague').waitFor()
  const hour = page.locator('.chart text').first()
  const at = new Date((await hour.getAttribute('data-hour')) ?? '')
  const inPrague = { timeStyle: 'short', timeZone: 'Europe/Prague' } as const
  expect(await hour.textContent()).toBe(new Intl.DateTimeFormat('en-GB', inPrague).format(at))
  await page.goto(`${base}/trace?q=${encodeURIComponent(ANN.number)}`)
  await page
    .getByRole('heading', { name: /call of \d+ \w+ \d{4}, \d\d:/ })
    .first()
    .waitFor()

  await page.goto(`${base}/activity`)
  const today = Temporal.Now.plainDateISO('Europe/Prague').toString()
  await page.getByLabel('From').fill(today)
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/from=[\d-]+&.*zone=Europe%2FPrague/)
  await page.getByText('(day, Europe/Prague)').first().waitFor()
  // Where it is another day than in UTC.
  const zone = new Date().getUTCHours() >= 11 ? 'Pacific/Kiritimati' : 'Etc/GMT+12'
  const there = Temporal.Now.plainDateISO(zone).toString()
  await page.goto(`${base}/activity?from=${there}&to=${there}&zone=${encodeURIComponent(zone)}`)
  await page.getByRole('region', { name: 'Outcomes' }).waitFor()
  await page.goto(`${base}/activity?from=${there}&to=${there}`)
  await page.getByText('Nothing fits.').waitFor()
})

test('what fails now is listed by reason, and is tried again', async () => {
  await page.goto(base)
  await page.getByRole('link', { name: /^1 failing: / }).click()
  const records = page.getByRole('region', { name: 'Records', exact: true }).locator('tbody tr')
  expect(await records.allTextContents()).toEqual([expect.stringMatching(/call .*REJECTED_BY_KUSTOMER/)])
  expect(await page.getByRole('region', { name: 'By reason' }).textContent()).toContain('retry')
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('button', { name: 'Try these again' }).click()
  await page.getByText('1 record is tried again.').waitFor()
  await page.getByText('Nothing fails now.').waitFor()
  await page.getByRole('link', { name: 'What failed before' }).click()
  await page.getByRole('link', { name: 'What fails now' }).waitFor()

  await page.goto(base)
  const calls = page.getByRole('region', { name: 'Calls', exact: true })
  await calls.getByRole('link', { name: 'in sync' }).click()
  await page.getByRole('heading', { name: 'Records' }).waitFor()
  const outcomes = records.locator('.badge')
  expect(await outcomes.allTextContents()).toContain('created')
  expect(await outcomes.filter({ hasText: /failed|skipped|waiting/ }).count()).toBe(0)
})

test('each figure of the overview opens the records that it counts, each once, a page at a time', async () => {
  for (const kind of ['Contacts', 'Customers', 'Calls']) {
    for (const label of ['in sync', 'excluded', 'failing']) {
      await page.goto(base)
      const figures = page.getByRole('region', { name: kind, exact: true }).locator('dl')
      const row = figures.locator('dd', { hasText: label })
      const counted = await row.locator('xpath=preceding-sibling::dt[1]').textContent()
      if (counted === '0') {
        expect(await row.getByRole('link').count()).toBe(0)
        continue
      }
      await row.getByRole('link').click()
      await page.getByRole('heading', { name: 'Records' }).waitFor()
      const listed = await page
        .getByRole('region', { name: 'Records', exact: true })
        .getByRole('link')
        .allTextContents()
      expect([kind, label, listed.length]).toEqual([kind, label, Number(counted)])
      expect(new Set(listed).size).toBe(listed.length)
    }
  }
  await page.goto(`${base}/records?after=nowhere`)
  await page.getByRole('region', { name: 'Records', exact: true }).waitFor()
  await page.goto(`${base}/records?after=${encodeURIComponent('2000-01-01T00:00:00Z/call/1')}`)
  await page.getByText('Nothing more stands so.').waitFor()
  await page.goto(`${base}/unassociated?after=${encodeURIComponent('2000-01-01T00:00:00Z/call/1')}`)
  await page.getByText('There are no older ones.').waitFor()
})

test('a review is kept apart, and a shared contact says who gave what and is taken apart', async () => {
  await page.goto(`${base}/review`)
  const eve = page.getByRole('region', { name: /^Eve Hall/ })
  await eve.getByRole('button', { name: 'Keep apart', exact: true }).click()
  await page
    .getByText('They are kept apart. If what is shown of them changes, you are asked again.')
    .waitFor()
  expect(await eve.count()).toBe(0)
  expect((await stack.cloudtalk.state()).contacts).toHaveLength(1 + EVE.numbers.length + 1)

  const ann = page.getByRole('region', { name: /^Ann Bell/ })
  const given = await ann.locator('tbody tr').allTextContents()
  expect(given.some((row) => row.includes(ANN.emails[0]) && row.includes('Ann Bell …'))).toBe(true)
  await ann
    .getByRole('button', { name: /^Un-merge/ })
    .last()
    .click()
  await page.getByText('They are two from now on, and are kept apart for good.').waitFor()
  expect(await ann.count()).toBe(0)
  await stack.settled()
  const apart = ((await stack.cloudtalk.state()).contacts ?? []).filter(({ name }) => name === 'Ann Bell')
  expect(apart.map(({ emails }) => emails).toSorted()).toEqual([[ANN.emails[1]], [ANN.emails[0]]].toSorted())
})

test('what a person decides while a vendor does not answer is told with what to do, and can be decided again', async () => {
  const [number, ...others] = ['+442071838791', '+442071838792', '+442071838793']
  for (const other of others) {
    await addContact(stack, { name: 'Ivy Lane', ContactNumber: [{ public_number: other }] })
  }
  await stack.settled()
  const id = await createCustomer(stack, customer(number ?? '', { name: 'IVY  Lane' }))
  await stack.settled()
  await setFaults(stack.cloudtalk, { route: '*', kind: 'status', status: 503 })
  await page.goto(`${base}/review`)
  const ivy = page.getByRole('region', { name: /^IVY Lane/ })
  const merge = ivy.getByRole('button', { name: 'Merge with this one' }).first()
  // In another case and spacing.
  const name = ivy.getByRole('listitem').filter({ hasText: 'IVY' }).first()
  await name.getByText('the same').waitFor()
  await merge.click()
  await page.getByRole('alert').filter({ hasText: 'CloudTalk does not answer at this moment' }).waitFor()
  const review = (await stack.service.operations.reviews()).find(({ recordId }) => recordId === id)
  const made = await page.request.post(`${base}/people/tokens`, {
    form: { name: 'Decisions', role: 'admin', days: '' },
    headers: { origin: base },
  })
  const [, token = ''] = /<code>(ctk_[^<]+)/.exec(await made.text()) ?? []
  const decision = { decision: 'merge', contactId: review?.candidates[0] }
  const refused = await askApi(stack, token, 'POST', `/reviews/${review?.id}/decision`, decision)
  expect(refused).toMatchObject({
    status: 503,
    body: { error: expect.stringContaining('CloudTalk does not answer'), whatToDo: expect.any(String) },
  })
  const { deeds } = (await askApi(stack, token, 'GET', '/audit')).body
  const tried = { did: 'merged', subject: `review ${review?.id} (not finished)` }
  expect(deeds.slice(0, 3)).toMatchObject([tried, { did: 'made' }, tried])

  await setFaults(stack.cloudtalk)
  await until('CloudTalk is back', async () => (await stack.service.operations.summary()).away.length === 0)
  await page.goto(`${base}/review`)
  await merge.click()
  await page.getByText('They are one from now on.').waitFor()
  expect(await merge.count()).toBe(0)
  await stack.settled()
  const merged = (await stack.cloudtalk.state()).contacts?.filter(({ name }) => /^ivy/i.test(name))
  expect(merged?.map(({ numbers }) => numbers.length).toSorted()).toEqual([1, 2])
})

test('calls since a day are those since its midnight in the connection’s zone', async () => {
  await page.goto(`${base}/runs`)
  await page.getByLabel('With calls since (a day in Europe/London; empty = no calls)').fill('2026-07-01')
  await page.getByRole('button', { name: 'Preview', exact: true }).click()
  await page.getByRole('heading', { name: 'Preview with calls since 2026-07-01' }).waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const previewed = await stack.service.operations.run(id)
  expect(previewed?.from?.toISOString()).toBe('2026-06-30T23:00:00.000Z')
  await stack.service.operations.cancelRun(id)
})

test('the page that asks has no faults', async () => {
  await page.goto(`${base}/runs`)
  // As a browser without scripts sends it; axe needs them.
  await page.evaluate(`{
    const button = document.querySelector('button[name=asks]')
    const { form, name, value } = button
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
    form.submit()
  }`)
  await page.getByRole('heading', { name: 'Is this meant?' }).waitFor()
  expect(await faultsOf(page)).toEqual([])
})

test('without a script: somebody signs in, narrows down, and is asked before something ends', async () => {
  const { page: plain } = await openPage(browser, { script: false })
  await signIn(plain, base, ADMIN.email, ADMIN.password)
  await plain.getByRole('heading', { name: 'Overview' }).waitFor()
  await plain.goto(`${base}/activity`)
  await plain.getByLabel('Kind').selectOption('message')
  await plain.getByRole('button', { name: 'Show', exact: true }).click()
  await plain.waitForURL(/kind=message/)
  const rows = plain.getByRole('region', { name: 'Outcomes' }).locator('tbody tr')
  const kinds = await rows.allTextContents()
  expect([kinds.length > 0, kinds.every((row) => row.includes('message'))]).toEqual([true, true])

  await plain.goto(`${base}/people`)
  const invite = plain.getByRole('region', { name: 'Invite', exact: true })
  await invite.getByLabel('Name').fill('Some agent')
  await invite.getByLabel('Email').fill('agent@example.com')
  await invite.getByRole('button', { name: 'Invite' }).click()
  const agent = plain.getByRole('region', { name: 'Some agent' })
  const remove = agent.getByRole('button', { name: 'Remove' })
  await remove.click()
  await plain.getByText('Remove Some agent (agent@example.com)? They are signed out at once.').waitFor()
  await plain.getByRole('link', { name: 'Leave it as it is' }).click()
  await remove.click()
  await plain.getByRole('button', { name: 'Yes, do it' }).click()
  await plain.getByText('Removed; they are signed out.').waitFor()
  expect(await agent.count()).toBe(0)

  await plain.goto(`${base}/runs`)
  await plain.getByRole('button', { name: 'Sync without a preview' }).click()
  await plain.getByText('It writes to both sides.').waitFor()
  await plain.getByRole('button', { name: 'Yes, do it' }).click()
  await plain.getByText('The sync is under way.').waitFor()
})

test('two contacts that were one: what is merged of them is told as what it is, and cannot be taken apart', async () => {
  const [number, other] = ['+442071838795', '+442071838796']
  await createCustomer(stack, customer(number, { name: 'Noa Reed' }))
  await stack.settled()
  const numbers = [number, other].map((one) => ({ public_number: one }))
  await addContact(stack, { name: 'N. Reed', ContactNumber: numbers })
  await stack.settled()
  await page.goto(`${base}/review`)
  const double = page.getByRole('region', { name: /^N\. Reed/ })
  expect(await double.getByText('the same').count()).toBe(2)
  await double.getByRole('button', { name: 'Merge with this one' }).click()
  await page.getByText('That is not taken back here').waitFor()
  expect(await page.getByRole('button', { name: /Un-merge .*Noa Reed/ }).count()).toBe(0)
})
