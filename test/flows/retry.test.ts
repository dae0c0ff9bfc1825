import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { runCli } from '../helpers/process.ts'
import { createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const REFUSED = { route: 'POST /conversations', kind: 'status', status: 400 } as const

const deadLetters = async () =>
  (
    await sql<{
      id: string
    }>`select distinct data->>'id' as id from pgboss.job where name = 'settle-dead'`.execute(
      stack.service.context.db,
    )
  ).rows.map(({ id }) => id)

const loggedIds = async () =>
  (await stack.kustomer.state()).conversations?.map(({ attributes }) => attributes.externalId).toSorted()

test('what has failed is told with its reason, and settled again one by one, by reason, or all', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  await setFaults(stack.kustomer, REFUSED)
  const calls = [await endCall(stack), await endCall(stack)].map(({ id }) => id)
  const message = await sendMessage(stack)
  await stack.settled()
  const { operations } = stack.service
  const failed = await operations.failures({})
  expect(failed.map(({ id }) => id).toSorted()).toEqual([...calls, message].toSorted())
  expect(failed.every(({ reason }) => reason === 'REJECTED_BY_KUSTOMER')).toBe(true)
  expect(await operations.failures({ kind: 'message' })).toMatchObject([{ id: message }])
  expect(await operations.failures({ reason: 'CALL_GONE' })).toEqual([])
  expect((await deadLetters()).toSorted()).toEqual([...calls, message].toSorted())

  // Nothing has been mended: it fails again, and is a dead letter again.
  expect(await operations.retry({ id: calls[0] })).toBe(1)
  await stack.settled()
  expect(await operations.failures({ id: calls[0] })).toHaveLength(1)
  expect(await deadLetters()).toContain(calls[0])

  await setFaults(stack.kustomer)
  expect(await operations.retry({ id: calls[0] })).toBe(1)
  await stack.settled()
  expect(await loggedIds()).toEqual([calls[0]])
  expect(await deadLetters()).not.toContain(calls[0])
  expect(await operations.retry({ id: calls[0] })).toBe(0)
  expect(await operations.retry({ reason: 'REJECTED_BY_KUSTOMER', kind: 'call' })).toBe(1)
  await stack.settled()
  expect(await operations.retry({})).toBe(1)
  await stack.settled()
  expect(await loggedIds()).toEqual([...calls, message].toSorted())
  expect(await operations.failures({})).toEqual([])
  expect(await deadLetters()).toEqual([])
})

test('the command lists, retries and refuses', async () => {
  stack = await startStack({ database: 'embedded' })
  await createCustomer(stack, customer(NUMBER))
  await setFaults(stack.kustomer, REFUSED)
  const { id } = await endCall(stack)
  await stack.settled()
  const env = { DATA_DIR: stack.dataDir }
  const listed = await runCli(['retry'], env)
  expect(listed).toMatchObject({ code: 0 })
  expect(listed.stdout).toContain(`call ${id}`)
  expect(listed.stdout).toContain('What to do:')
  for (const reason of ['BECAUSE', 'toString']) {
    expect(await runCli(['retry', '--reason', reason], env)).toMatchObject({ code: 2, stdout: '' })
  }
  expect(await runCli(['retry', '404'], env)).toMatchObject({ code: 1 })
  await setFaults(stack.kustomer)
  expect((await runCli(['retry', '--all', '--json'], env)).stdout.trim()).toBe('{"retried":1}')
  await stack.settled()
  expect(await loggedIds()).toEqual([id])
  expect((await runCli(['retry'], env)).stdout.trim()).toBe('Nothing has failed.')
}, 60_000)
