import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-config-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const credentials = {
  CLOUDTALK_ACCESS_KEY_ID: 'id',
  CLOUDTALK_ACCESS_KEY_SECRET: 'secret',
  KUSTOMER_ORG: 'acme',
  KUSTOMER_API_KEY: 'key',
}

const read = (settings: object, env: Record<string, string | undefined> = credentials) => {
  const SETTINGS_FILE = join(folder, 'settings.json')
  writeFileSync(SETTINGS_FILE, JSON.stringify(settings))
  return readConfig({ ...env, SETTINGS_FILE })
}

const problemsOf = (settings: object, env?: Record<string, string | undefined>): readonly string[] => {
  try {
    read(settings, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const accountsOf = (settings: object, env?: Record<string, string | undefined>) =>
  Object.fromEntries(read(settings, env).connections.map(({ id, accounts }) => [id, accounts]))

const ownKustomer = { org: 'beta', apiKey: 'other-key' }
const ownCloudtalk = { accessKeyId: 'other-id', accessKeySecret: 'other-secret' }

describe('where Kustomer is', () => {
  test.each([
    { label: 'the environment’s org', env: {}, kustomer: undefined, url: 'https://acme.api.kustomerapp.com' },
    {
      label: 'the environment’s address',
      env: { KUSTOMER_API_URL: 'https://mock.test/' },
      kustomer: undefined,
      url: 'https://mock.test',
    },
    { label: 'its own org', env: {}, kustomer: ownKustomer, url: 'https://beta.api.kustomerapp.com' },
    {
      label: 'its own org, though the environment has an address',
      env: { KUSTOMER_API_URL: 'https://acme.api.kustomerapp.com' },
      kustomer: ownKustomer,
      url: 'https://beta.api.kustomerapp.com',
    },
    {
      label: 'its own address',
      env: { KUSTOMER_API_URL: 'https://mock.test' },
      kustomer: { ...ownKustomer, apiUrl: 'https://beta.test/' },
      url: 'https://beta.test',
    },
  ])('$label', ({ env, kustomer, url }) => {
    const settings = { connections: { one: { ...(kustomer && { kustomer }) } } }
    expect(accountsOf(settings, { ...credentials, ...env }).one?.kustomer.apiUrl).toBe(url)
  })
})

test('each connection has its own accounts, or those of the environment', () => {
  const accounts = accountsOf({
    connections: { one: {}, two: { kustomer: ownKustomer, cloudtalk: ownCloudtalk } },
  })
  expect(accounts.one).toMatchObject({
    cloudtalk: { accessKeyId: 'id', accessKeySecret: 'secret' },
    kustomer: { org: 'acme', apiKey: 'key' },
  })
  expect(accounts.two).toMatchObject({ cloudtalk: ownCloudtalk, kustomer: ownKustomer })
})

describe('credentials that are missing', () => {
  const names = (problems: readonly string[]) => problems.map((problem) => problem.split(' ')[0])

  test('of one connection', () => {
    expect(names(problemsOf({}, {}))).toEqual(Object.keys(credentials))
  })

  test('of several: those of a vendor that every one has of its own are not asked for', () => {
    const whole = { kustomer: ownKustomer, cloudtalk: ownCloudtalk }
    expect(problemsOf({ connections: { one: whole, two: whole } }, {})).toEqual([])
    expect(names(problemsOf({ connections: { one: whole, two: { kustomer: ownKustomer } } }, {}))).toEqual([
      'CLOUDTALK_ACCESS_KEY_ID',
      'CLOUDTALK_ACCESS_KEY_SECRET',
    ])
    expect(names(problemsOf({ connections: { one: whole, two: {} } }, {}))).toEqual(Object.keys(credentials))
  })
})

test.each([
  [
    { ADMIN_EMAIL: 'ada@example.com' },
    ['ADMIN_PASSWORD is missing: set it beside ADMIN_EMAIL, or neither of them'],
  ],
  [
    { ADMIN_PASSWORD: 'a long password' },
    ['ADMIN_EMAIL is missing: set it beside ADMIN_PASSWORD, or neither of them'],
  ],
  [{ ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'a long password' }, []],
])('the first administrator is given whole, or not at all: %o', (admin, told) => {
  expect(problemsOf({}, { ...credentials, ...admin })).toEqual(told)
})

describe('what is wrong in the settings file is told with its place', () => {
  test.each([
    { label: 'an unknown key', settings: { nmae: 'x' }, told: ['SETTINGS_FILE: nmae is not a setting'] },
    {
      label: 'an unknown key within others',
      settings: { calls: { lines: { ratng: true } } },
      told: ['SETTINGS_FILE: calls.lines.ratng is not a setting'],
    },
    {
      label: 'of two connections',
      settings: { connections: { one: { calls: { lines: { ratng: true } } }, two: { timeZone: 'Nowhere' } } },
      told: [
        'SETTINGS_FILE: connections.one.calls.lines.ratng is not a setting',
        'SETTINGS_FILE: connections.two.timeZone is not a time zone such as Europe/London',
      ],
    },
    {
      label: 'a setting beside connections',
      settings: { connections: { one: {} }, name: 'x' },
      told: ['SETTINGS_FILE: name is not a setting'],
    },
    {
      label: 'an address',
      settings: { connections: { one: { kustomer: { ...ownKustomer, apiUrl: 'beta' } } } },
      told: ['SETTINGS_FILE: connections.one.kustomer.apiUrl must be an https address'],
    },
    {
      label: 'a key and customers in the clear',
      settings: { connections: { one: { kustomer: { ...ownKustomer, apiUrl: 'http://api.test' } } } },
      told: ['SETTINGS_FILE: connections.one.kustomer.apiUrl must be an https address'],
    },
    {
      label: 'an org that would be another host',
      settings: { connections: { one: { kustomer: { ...ownKustomer, org: 'evil.test/' } } } },
      told: [
        'SETTINGS_FILE: connections.one.kustomer.org must be the first part of your Kustomer address, acme in acme.kustomerapp.com',
      ],
    },
    {
      label: 'no connection',
      settings: { connections: {} },
      told: ['SETTINGS_FILE: connections must name at least one connection'],
    },
    {
      label: 'a wrong connection id',
      settings: { connections: { 'Sales Team': {} } },
      told: ['SETTINGS_FILE: connections.Sales Team must be of a-z, 0-9 and -'],
    },
  ])('$label', ({ settings, told }) => {
    expect(problemsOf(settings)).toEqual(told)
  })

  test('together with everything else that is wrong', () => {
    expect(problemsOf({ connections: { one: {}, 'B!': {} } }, { ...credentials, PORT: 'x' })).toEqual([
      'PORT must be a port number',
      expect.stringContaining('B!'),
    ])
  })

  test('a missing credential is told though the settings are wrong', () => {
    const { KUSTOMER_API_KEY: _key, ...others } = credentials
    expect(problemsOf({ connections: { one: { nmae: 'x' } } }, others)).toEqual([
      'SETTINGS_FILE: connections.one.nmae is not a setting',
      expect.stringMatching(/^KUSTOMER_API_KEY is missing/),
    ])
  })
})
