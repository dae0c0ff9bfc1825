import { afterEach, expect, test } from 'vitest'
import { runCli } from '../helpers/process.ts'
import { createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

/** Several connections that share one CloudTalk account, each with its own numbers (requirements §5). */

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const SALES = '+442079460018'
const SUPPORT = '+12125550142'

const team = (name: string, numbers: string[]) => ({
  name,
  export: false,
  calls: { connectedNumbers: numbers },
  sms: { connectedNumbers: numbers },
})

const settings = {
  connections: { sales: team('Sales', [SALES]), support: team('Support', [SUPPORT]) },
}

/** What became of it there; looks that found nothing new tell nothing. */
const fateIn = async (connection: string, id: string) => {
  const records = await stack.service.connections.get(connection)?.operations.trace(id)
  return records?.[0]?.story.findLast(({ outcome }) => outcome !== 'unchanged' && outcome !== 'updated')
}

test('each call and message belongs to the connection whose connected numbers contain it', async () => {
  stack = await startStack({ settings })
  await createCustomer(stack, customer(NUMBER))
  const sold = await endCall(stack, { external_number: NUMBER, internal_number: SALES })
  const helped = await endCall(stack, { external_number: NUMBER, internal_number: SUPPORT })
  const texted = await sendMessage(stack, { external_number: NUMBER, internal_number: SUPPORT })
  await stack.settled()
  const { conversations, notes } = await stack.kustomer.state()
  expect(conversations?.map(({ attributes }) => attributes.externalId).toSorted()).toEqual(
    [sold.id, helped.id, texted].toSorted(),
  )
  expect(notes).toHaveLength(3)
  const skipped = { outcome: 'skipped', reason: 'NUMBER_NOT_CONNECTED' }
  expect(await fateIn('sales', sold.id)).toMatchObject({ outcome: 'created', reason: 'LOGGED' })
  expect(await fateIn('support', sold.id)).toMatchObject(skipped)
  expect(await fateIn('sales', helped.id)).toMatchObject(skipped)
  expect(await fateIn('support', helped.id)).toMatchObject({ outcome: 'created', reason: 'LOGGED' })
  expect(await fateIn('sales', texted)).toMatchObject(skipped)
  expect(await fateIn('support', texted)).toMatchObject({ outcome: 'created', reason: 'LOGGED' })
  const day = new Date().toISOString().slice(0, 10)
  for (const id of ['sales', 'support']) {
    const proof = await stack.service.connections.get(id)?.operations.prove(day, false)
    expect(proof?.problems).toEqual([])
  }
})

test('a number that both connections have is still logged once', async () => {
  stack = await startStack({
    settings: { connections: { sales: team('Sales', [SALES]), all: team('All', []) } },
  })
  await createCustomer(stack, customer(NUMBER))
  await endCall(stack, { external_number: NUMBER, internal_number: SALES })
  await stack.settled()
  const { conversations, notes, messages } = await stack.kustomer.state()
  expect([conversations?.length, notes?.length, messages?.length]).toEqual([1, 1, 1])
})

test('commands ask the connection that is named, or the first', async () => {
  stack = await startStack({ database: 'embedded', settings })
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER, internal_number: SUPPORT })
  await stack.settled()
  const env = { DATA_DIR: stack.dataDir }
  expect((await runCli(['trace', id], env)).stdout).toContain('NUMBER_NOT_CONNECTED')
  expect((await runCli(['trace', id, '--connection', 'support'], env)).stdout).toContain('LOGGED')
  const unknown = await runCli(['trace', id, '--connection', 'nobody'], env)
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.stderr).toContain('there is no connection "nobody"')
}, 60_000)

test('a run is known to its own connection only', async () => {
  stack = await startStack({ settings })
  const [sales, support] = ['sales', 'support'].map((id) => stack.service.connections.get(id)?.operations)
  const id = (await sales?.beginRun('preview', undefined)) ?? ''
  const asked = [support?.run(id), support?.pauseRun(id, true), support?.cancelRun(id)]
  expect(await Promise.all(asked)).toEqual([undefined, undefined, undefined])
  expect(await sales?.run(id)).toMatchObject({ id, paused: false })
})
