import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openService } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { FolderInUse, findOwner, takeFolder } from '../../src/data-folder.ts'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort, runCli, type ServiceProcess, SHORT_PACE, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

let emulators: Emulators
let database: TestDatabase
let service: ServiceProcess | undefined
afterEach(async () => {
  await service?.kill()
  await emulators?.close()
  await database?.drop()
  service = undefined
})

const start = async (env: Record<string, string> = {}) => {
  emulators = await startEmulators()
  database = await createDatabase('embedded')
  const port = await freePort()
  service = await startServiceProcess({ ...emulators.env, ...env }, database, port)
  return { service, port }
}

/** A supervisor kills after ten seconds; a process that hangs has lost whatever it was about to record. */
const STOPS_WITHIN_MS = 10_000

async function expectToStop(running: ServiceProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), STOPS_WITHIN_MS)
  })
  expect(await Promise.race([running.stop(), late])).toBe(0)
  clearTimeout(timer)
}

test('it stops in time although a client has sent half a request', async () => {
  const { service, port } = await start()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) =>
    socket.write('POST /webhooks/cloudtalk/default HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc', () =>
      resolve(),
    ),
  )
  await expectToStop(service)
  socket.destroy()
}, 60_000)

test('it stops in time although a vendor does not answer, and what was asked is not lost', async () => {
  const { service: first, port } = await start(SHORT_PACE)
  await until('the webhook stands', async () => {
    const { webhooks = [] } = await emulators.kustomer.state()
    return webhooks.length > 0
  })
  await setFaults(emulators.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'timeout' })
  await createCustomer(emulators, customer('+442071838750'))
  await until('the contact was asked for', async () => {
    const { byRoute } = await emulators.cloudtalk.requests()
    return (byRoute['GET /contacts/index.json'] ?? 0) >= 2
  })
  await expectToStop(first)
  await setFaults(emulators.cloudtalk)
  service = await startServiceProcess({ ...emulators.env, ...SHORT_PACE }, database, port)
  await until(
    'the contact stands',
    async () => (await emulators.cloudtalk.state()).contacts?.length === 1,
    30_000,
  )
}, 90_000)

test('a data folder belongs to one process; another is told so and changes nothing', async () => {
  await start()
  const env = { ...emulators.env, ...database.env, PORT: String(await freePort()) }
  const second = await runCli(['start'], env)
  expect(second).toMatchObject({ code: 2, stderr: expect.stringMatching(/in use by process \d+/) })
}, 60_000)

test('a folder is owned until it is given back, and a note of the dead owns nothing', async () => {
  emulators = await startEmulators()
  database = await createDatabase('embedded')
  const folder = database.env.DATA_DIR
  const stale = { pid: process.pid, lockPort: await freePort(), token: 'somebody' }
  writeFileSync(`${folder}/service.json`, JSON.stringify(stale))
  expect(await findOwner(folder)).toBeUndefined()
  const taken = await takeFolder(folder, 'token')
  expect(await findOwner(folder)).toMatchObject({ pid: process.pid, token: 'token' })
  await expect(takeFolder(folder, 'other')).rejects.toBeInstanceOf(FolderInUse)
  await taken.release()
  expect(await findOwner(folder)).toBeUndefined()
  await (await takeFolder(folder, 'other')).release()
})

test('a process whose database a newer version has migrated says so, is not ready, and ends', async () => {
  emulators = await startEmulators()
  database = await createDatabase('postgres')
  const env = { ...emulators.env, ...database.env }
  service = await startServiceProcess(emulators.env, database, await freePort())
  const open = await openService(readConfig({ ...env, PORT: '0' }), pino({ level: 'silent' }))
  await open.serve()
  const readiness = async () => (await fetch(`${open.publicUrl()}/readyz`)).status
  expect(await readiness()).toBe(200)
  const at = new Date().toISOString()
  await sql`insert into kysely_migration (name, timestamp) values ('9999-later', ${at})`.execute(open.db)
  await expect(open.superseded).rejects.toThrow(/9999-later.*Start the newer version/)
  expect(await readiness()).toBe(503)
  await open.close()
  expect(await service.ended()).toBe(1)
  expect(service.output()).toMatch(/A newer version of the service has changed the database \(9999-later\)/)
}, 60_000)
