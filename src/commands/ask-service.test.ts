import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askService } from './ask-service.ts'

const refusals: Record<string, { status: number; body: string }> = {
  '/api/v1/gone': {
    status: 404,
    body: JSON.stringify({ error: 'There is no such run.', whatToDo: 'Check the id.' }),
  },
  '/api/v1/refused': {
    status: 409,
    body: JSON.stringify({ error: 'It is switched off.', whatToDo: 'Switch it on.' }),
  },
  '/api/v1/broken': { status: 502, body: '<html>' },
}
const server = createServer((request, response) => {
  const { status, body } = refusals[request.url ?? ''] ?? { status: 200, body: '{}' }
  response.writeHead(status).end(body)
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
})
const service = () => askService((server.address() as AddressInfo).port, 'token')

test.each([
  ['/gone', 'There is no such run. Check the id.'],
  ['/refused', 'It is switched off. Switch it on.'],
  ['/broken', 'the running service answered 502 to /broken'],
])('%s is told with what to do', async (path, told) => {
  await expect(service().answer(path)).rejects.toThrow(told)
})

test('what is not there is nothing, where that is an answer', async () => {
  expect(await service().ask('/gone')).toBeUndefined()
})
