import { isValidPhoneNumber } from 'libphonenumber-js/max'
import { type FieldErrors, REQUIRED } from './answers.ts'
import type { Contact, Store } from './store.ts'
import { withoutPlus } from './wire.ts'

/** Characters a field may have (§2.3). */
const LENGTHS = {
  name: 150,
  title: 255,
  company: 100,
  industry: 100,
  website: 100,
  address: 255,
  city: 255,
  zip: 15,
  state: 255,
} as const

const VALUE_LENGTH = 255
const LINK_NAME_LENGTH = 30
const LINKS = 3

const KNOWN_KEYS = new Set([
  ...Object.keys(LENGTHS),
  'country_id',
  'favorite_agent',
  'ExternalUrl',
  'ContactNumber',
  'ContactEmail',
  'ContactsTag',
  'ContactAttribute',
])

/** The fields a body sets; what it does not name is absent. */
export type ContactChange = Partial<Omit<Contact, 'id' | 'type' | 'created' | 'modified'>>

type Read = { change: ContactChange; errors?: undefined } | { change?: undefined; errors: FieldErrors }

type Rows = Record<string, unknown>[]

const isRow = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the body of contacts/add, contacts/edit and their bulk twins (§2.3, §2.4). */
export const readContact = (
  store: Store,
  body: unknown,
  { nameRequired, strict, alsoKnown = [] }: { nameRequired: boolean; strict: boolean; alsoKnown?: string[] },
): Read => {
  const input = isRow(body) ? body : {}
  const errors: FieldErrors = {}
  const fail = (field: string, message: string) => {
    errors[field] = [...(errors[field] ?? []), message]
  }
  const change: ContactChange = {}

  for (const [field, most] of Object.entries(LENGTHS) as [keyof typeof LENGTHS, number][]) {
    const text = textOf(input[field])
    if (text === undefined && input[field] !== undefined) fail(field, 'Please supply a valid value.')
    if (text === undefined) continue
    if ([...text].length > most) fail(field, `Maximum length is ${most} characters.`)
    change[field] = text
  }
  if (change.name === undefined ? nameRequired : change.name.trim() === '') fail('name', REQUIRED)

  const idField = (field: 'country_id' | 'favorite_agent', exists: (id: number) => boolean, what: string) => {
    const text = textOf(input[field])
    if (text === undefined && input[field] === undefined) return
    const id = text === '' ? null : Number(text ?? Number.NaN)
    if (id !== null && !exists(id)) fail(field, `Please supply a valid ${what}.`)
    change[field] = id
  }
  idField('country_id', (id) => store.countries.some((country) => country.id === id), 'country')
  idField('favorite_agent', (id) => store.agents.some((agent) => agent.id === id), 'agent')

  const rowsOf = (key: string): Rows | undefined => {
    const value = input[key]
    if (value === undefined) return undefined
    if (value === '' || value === null) return []
    if (Array.isArray(value) && value.every(isRow)) return value
    fail(key, 'Please supply a valid list.')
    return undefined
  }
  const each = <T>(key: string, read: (row: Record<string, unknown>) => T): T[] | undefined =>
    rowsOf(key)?.map(read)

  const numbers = each('ContactNumber', ({ public_number: number }) => readNumber(number, fail))
  const emails = each('ContactEmail', ({ email }) => readEmail(email, fail))
  const tags = each('ContactsTag', ({ name }) => readText(name, 'name', VALUE_LENGTH, fail))
  const links = each('ExternalUrl', ({ name, url }) => ({
    name: readText(name, 'name', LINK_NAME_LENGTH, fail),
    url: readText(url, 'url', 2_000, fail),
  }))
  const attributes = each('ContactAttribute', (row) => {
    // The older name of the key, from CloudTalk's PHP SDK.
    const id = Number(row.attribute_id ?? row.id)
    if (!store.attributes.some((attribute) => attribute.id === id))
      fail('attribute_id', 'Please supply a valid attribute.')
    return {
      attribute_id: id,
      value: textOf(row.value) === '' ? '' : readText(row.value, 'value', VALUE_LENGTH, fail),
    }
  })
  if (links && links.length > LINKS) fail('ExternalUrl', `You may list up to ${LINKS} URLs.`)
  if (numbers) change.numbers = numbers
  if (emails) change.emails = emails
  if (tags) change.tags = [...new Set(tags)]
  if (links) change.external_urls = links
  if (attributes) change.attributes = attributes

  if (strict)
    for (const key of Object.keys(input))
      if (!KNOWN_KEYS.has(key) && !alsoKnown.includes(key)) fail(key, 'Unknown field.')
  return Object.keys(errors).length > 0 ? { errors } : { change }
}

type Fail = (field: string, message: string) => void

/** A scalar as text: forms and some clients send numbers as strings, others strings as numbers. */
const textOf = (value: unknown): string | undefined =>
  value === null
    ? ''
    : typeof value === 'string'
      ? value
      : typeof value === 'number'
        ? String(value)
        : undefined

const readText = (value: unknown, field: string, most: number, fail: Fail): string => {
  const text = textOf(value)
  if (text === undefined || text.trim() === '') fail(field, REQUIRED)
  else if ([...text].length > most) fail(field, `Maximum length is ${most} characters.`)
  return text ?? ''
}

/** With `+`, without, or as a JSON number (§2.3). The refusal repeats the number without `+` (§1.8, seen). */
const readNumber = (value: unknown, fail: Fail): string => {
  const number = `+${withoutPlus(textOf(value) ?? '')}`
  if (!/^\+\d+$/.test(number) || !isValidPhoneNumber(number))
    fail('public_number', `Please supply only valid numbers. Number ${withoutPlus(number)} is not valid.`)
  return number
}

const readEmail = (value: unknown, fail: Fail): string => {
  const email = textOf(value) ?? ''
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) fail('email', 'Please supply a valid email address.')
  return email
}
