import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'

const env = {
  CLOUDTALK_ACCESS_KEY_ID: 'the-id',
  CLOUDTALK_ACCESS_KEY_SECRET: 'the-secret-"of"-CloudTalk',
  KUSTOMER_ORG: 'acme',
  KUSTOMER_API_KEY: 'the-key-of-Kustomer',
  DATABASE_URL: 'postgres://user:the-password@127.0.0.1/db',
}

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = []
  write(createLog('info', readConfig(env).secrets, { write: (line) => void lines.push(line) }))
  return lines.join('')
}

test('no secret gets into a line, wherever it comes from', () => {
  const basic = Buffer.from(`${env.CLOUDTALK_ACCESS_KEY_ID}:${env.CLOUDTALK_ACCESS_KEY_SECRET}`).toString(
    'base64',
  )
  const text = logged((log) => {
    log.error({ err: new Error(`401 for Bearer ${env.KUSTOMER_API_KEY}`) }, env.KUSTOMER_API_KEY)
    log.warn({ headers: { authorization: `Basic ${basic}` } }, 'a request')
    log.info({ cause: [env.CLOUDTALK_ACCESS_KEY_SECRET] }, `connecting to ${env.DATABASE_URL}`)
  })
  for (const secret of [env.KUSTOMER_API_KEY, basic, 'of\\"-CloudTalk', 'the-password']) {
    expect(text).not.toContain(secret)
  }
  expect(text.match(/\[secret\]/g)?.length).toBeGreaterThan(4)
  for (const line of text.trim().split('\n')) JSON.parse(line)
})

test('of an error the log tells name, message and place, and not what rides on it', () => {
  const error = Object.assign(new Error('refused'), {
    failure: { detail: '+442071838750' },
    parameters: ['a@b.test'],
  })
  const text = logged((log) => log.error({ err: error }, 'a settle failed'))
  expect(text).toContain('refused')
  expect(text).not.toMatch(/442071838750|a@b\.test/)
})

test('a line break in what a vendor sent makes no second line', () => {
  const text = logged((log) => log.info({ sentence: 'a\n{"level":60,"msg":"forged"}' }, 'b\r\nc'))
  expect(text.trimEnd().split(/\r?\n/)).toHaveLength(1)
})
