import { expect, test } from 'vitest'
import { settingsSchema } from './settings.ts'
import { SETTINGS_FIELDS, settingsChanges, valueAt, withValue } from './settings-fields.ts'

/** Every setting as a path; lists and maps count as one value. */
const pathsOf = (value: unknown, prefix = ''): string[] =>
  Object.entries(Object(value)).flatMap(([key, inner]) =>
    typeof inner === 'object' && !Array.isArray(inner) && key !== 'agentMap'
      ? pathsOf(inner, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  )

const settings = settingsSchema.parse({ contactTag: 'Kustomer', defaultCountry: 'GB' })

test('every setting has a field, and every field is a setting', () => {
  expect(SETTINGS_FIELDS.map(({ path }) => path).toSorted()).toEqual(pathsOf(settings).toSorted())
})

test('every choice of a field is one that the setting takes, and there is no other', () => {
  for (const { path, input } of SETTINGS_FIELDS) {
    if (typeof input !== 'object') continue
    for (const option of Object.keys(input.options)) {
      expect([path, settingsSchema.safeParse(withValue(settings, path, option)).success]).toEqual([
        path,
        true,
      ])
    }
    const issue = settingsSchema.safeParse(withValue(settings, path, 'nonsense')).error?.issues[0]
    const values = issue?.code === 'invalid_value' ? issue.values.toSorted() : []
    expect([path, values]).toEqual([path, Object.keys(input.options).toSorted()])
  }
})

test('a change is told in words, with what it does', () => {
  const after = settingsSchema.parse({
    ...settings,
    contactTag: undefined,
    matching: 'phone',
    agentMap: { 'ana@example.com': null },
    calls: { ...settings.calls, missed: { log: false }, withoutAgent: ['last-step', { team: 'Support' }] },
  })
  expect(settingsChanges(settings, settings)).toEqual([])
  expect(settingsChanges(settings, after).map(({ path, before, after: now }) => [path, before, now])).toEqual(
    [
      ['matching', 'the same phone, or the same name', 'the same phone'],
      ['contactTag', 'Kustomer', 'none'],
      ['calls.missed.log', 'on', 'off'],
      ['calls.withoutAgent', 'nobody', 'who it rang last, then team Support'],
      ['agentMap', 'the same email', 'ana@example.com is nobody'],
    ],
  )
})

test('a value is put where it is read, and the rest stays', () => {
  const changed = withValue(settings, 'sms.failed.status', 'done')
  expect(valueAt(changed, 'sms.failed.status')).toBe('done')
  expect(settingsChanges(settings, settingsSchema.parse(changed)).map(({ path }) => path)).toEqual([
    'sms.failed.status',
  ])
  expect(withValue(settings, 'contactTag', undefined)).not.toHaveProperty('contactTag')
})
