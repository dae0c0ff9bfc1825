import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { startTestApi } from './test-api.ts'

const REQUESTS = 3_000
const PARALLEL = 32

test('prints how many requests a second are answered, client and server in one process', async () => {
  const api = await startTestApi({ contacts: 100 })
  await api.switches({ rateLimit: 1_000_000 })
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL })
  const headers = {
    authorization: `Basic ${Buffer.from('CLOUDTALK:emulator').toString('base64')}`,
    'user-agent': 'throughput',
  }
  const get = () =>
    new Promise<number>((resolve, reject) => {
      request(`${api.emulator.url}/api/contacts/show/1450000050.json`, { agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
        .on('error', reject)
        .end()
    })

  let left = REQUESTS
  const started = performance.now()
  const worker = async () => {
    while (left > 0) {
      left -= 1
      expect(await get()).toBe(200)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  const seconds = (performance.now() - started) / 1_000
  console.info(`${Math.round(REQUESTS / seconds)} requests a second`)
  agent.destroy()
  await api.close()
})
