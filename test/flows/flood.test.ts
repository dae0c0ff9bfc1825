import { afterAll, beforeAll, expect, test } from 'vitest'
import { SECRET_HEADER, workflowSecret } from '../../src/sync/recipes.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

/** As a proxy on this machine passes it on. */
const knock = (from: string, secret = 'guess', path = '/webhooks/cloudtalk/default') =>
  fetch(`${stack.service.publicUrl()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [SECRET_HEADER]: secret, 'x-forwarded-for': from },
    body: JSON.stringify({ call_id: 1 }),
  })

async function guess(from: string, times: number, path?: string): Promise<number[]> {
  const statuses: number[] = []
  for (let left = times; left > 0; left -= 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => knock(from, 'guess', path)))
    statuses.push(...answers.map(({ status }) => status))
  }
  return statuses
}

test('an address that guesses is refused for a while, and told so; another one is not', async () => {
  const statuses = await guess('203.0.113.7', 400)
  expect(statuses.slice(0, 280)).toEqual(Array(280).fill(401))
  expect(statuses.slice(-60)).toEqual(Array(60).fill(429))
  const refused = await knock('203.0.113.7')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ whatToDo: expect.any(String) })
  const honest = await knock('203.0.113.8', workflowSecret('default', 'emulator'))
  expect(honest.status).toBe(200)
})

test('what a guesser says of itself is not believed: the nearest address that is not ours counts', async () => {
  await guess('198.51.100.1, 203.0.113.9', 340)
  expect((await knock('198.51.100.1, 203.0.113.9')).status).toBe(429)
  expect((await knock('198.51.100.2, 203.0.113.9')).status).toBe(429)
  expect((await knock('198.51.100.1, 203.0.113.10')).status).toBe(401)
})

test('guesses at the JSON API count like those at the webhooks', async () => {
  await guess('203.0.113.11', 340, '/api/v1/summary')
  expect((await knock('203.0.113.11')).status).toBe(429)
})
