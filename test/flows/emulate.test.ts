import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../helpers/process.ts'

const other = createServer()
let port = 0
beforeAll(async () => {
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  port = address && typeof address === 'object' ? address.port : 0
})
afterAll(() => {
  other.close()
})

test.each([
  ['--cloudtalk-port', '--kustomer-port'],
  ['--kustomer-port', '--cloudtalk-port'],
])('emulate ends with a word where the port of %s is taken', async (taken, free) => {
  const { code, stdout, stderr } = await runCli(['emulate', taken, String(port), free, '0'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(`port ${port} is taken; choose another one with ${taken}`)
})
