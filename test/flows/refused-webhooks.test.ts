import { afterEach, expect, test } from 'vitest'
import { SECRET_HEADER, TRIGGER_HEADER } from '../../src/sync/recipes.ts'
import { makeAdmin } from '../helpers/api.ts'
import { endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** After a change of CloudTalk's key its workflows still send the old secret, and nothing else tells of messages. */

let stack: Stack
afterEach(() => stack?.close())

const TOLD = 'CloudTalk’s webhooks are refused'

const knock = async (secret: string): Promise<number> => {
  const response = await fetch(`${stack.service.publicUrl()}/webhooks/cloudtalk/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [SECRET_HEADER]: secret,
      [TRIGGER_HEADER]: 'Message Received',
    },
    body: JSON.stringify({ id: '7', text: 'Hello', from: '+442071838750', to: '+442079460018' }),
  })
  return response.status
}

const notes = () =>
  stack.service.db.selectFrom('sighting').selectAll().where('what', 'like', 'refused/%').execute()

test('refused deliveries are told until one is taken, and noted once a minute however many come', async () => {
  stack = await startStack()
  const admin = await makeAdmin(stack)
  await endCall(stack)
  await stack.settled()
  expect(await admin.page('/')).not.toContain(TOLD)
  for (let at = 0; at < 20; at++) expect(await knock('the secret of an older key')).toBe(401)
  await until('the overview tells it', async () => (await admin.page('/')).includes(TOLD))
  const noted = await notes()
  expect(noted).toHaveLength(2)
  for (let at = 0; at < 20; at++) await knock('guessed')
  expect(await notes()).toEqual(noted)
  const metrics = await (await fetch(`${stack.service.publicUrl()}/metrics`)).text()
  expect(metrics).toContain(
    'cloudtalk_kustomer_webhooks_refused_total{connection="default",door="cloudtalk"} 40',
  )
  await endCall(stack)
  await until('the overview tells it no more', async () => !(await admin.page('/')).includes(TOLD))
})
