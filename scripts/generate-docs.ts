import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contactFieldRules, notMappedContactFields } from '../src/mapping/contact-from-customer.ts'
import { customerFieldRules, notMappedCustomerFields } from '../src/mapping/customer-from-contact.ts'
import { noteLineRules } from '../src/mapping/note-from-call.ts'
import { messageLineRules } from '../src/mapping/note-from-message.ts'
import { type ReasonCode, reasons } from '../src/mapping/reasons.ts'
import { callSettings } from '../src/mapping/settings.ts'

/** Writes the parts of the documentation that the code knows better; with --check it only says which are stale. */

const groupTitles = {
  done: 'Synced',
  notImported: 'Customers that are not imported',
  notExported: 'Contacts that no customer is created from',
  notLogged: 'Calls and messages that are not logged',
  waiting: 'Waiting: tried again by itself',
  failed: 'Failed: tried again a few times, or needs a person',
  undone: 'Undone',
  off: 'Switched off',
} as const

/** A code without a group does not compile: each new one is put where its reader looks for it. */
const groupOf: Record<ReasonCode, keyof typeof groupTitles> = {
  NO_PHONE: 'notImported',
  NO_VALID_PHONE: 'notImported',
  SHARED_EMAIL: 'notImported',
  SHARED_PHONE: 'notImported',
  SHARED_WHATSAPP: 'notImported',
  DELETED: 'notImported',
  CONTACT_GONE: 'notImported',
  CREATED: 'done',
  FIELDS_CHANGED: 'done',
  NOTHING_CHANGED: 'done',
  MATCHED_BY_PHONE: 'done',
  MATCHED_BY_EMAIL: 'done',
  MATCHED_BY_NAME: 'done',
  AMBIGUOUS_NAME: 'done',
  EXPORTED: 'done',
  MATCHES_EXISTING_CUSTOMER: 'notExported',
  CUSTOMER_DELETED: 'notExported',
  EXPORT_OFF: 'off',
  OWN_CHANGE: 'done',
  UNMERGED: 'done',
  MERGED_BY_DECISION: 'done',
  LOGGED: 'done',
  LOGGED_UNLINKED: 'done',
  CUSTOMER_CREATED: 'done',
  NOTE_UPDATED: 'done',
  ASSIGNED: 'done',
  ASSOCIATED: 'done',
  INTERNAL_CALL: 'notLogged',
  TYPE_NOT_LOGGED: 'notLogged',
  NUMBER_NOT_CONNECTED: 'notLogged',
  UNKNOWN_NUMBER: 'notLogged',
  NOT_ENDED: 'waiting',
  CALL_NOT_FOUND: 'waiting',
  RATE_LIMITED: 'waiting',
  VENDOR_UNAVAILABLE: 'waiting',
  UNAUTHORIZED: 'waiting',
  CALL_GONE: 'failed',
  REJECTED_BY_CLOUDTALK: 'failed',
  REJECTED_BY_KUSTOMER: 'failed',
  UNREADABLE_ANSWER: 'failed',
  INTERNAL_ERROR: 'failed',
  CONFLICT: 'failed',
  NOT_FOUND: 'failed',
  IMPORT_OFF: 'off',
  CONNECTION_OFF: 'off',
  RUN_CANCELLED: 'off',
  UNDONE: 'undone',
  UNDONE_IN_PART: 'undone',
  NOT_UNDONE: 'undone',
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function contactFieldsTable(): string {
  const mapped = contactFieldRules.map(({ label, from, rule, maxLength }) => [
    label,
    from,
    maxLength === undefined ? rule : `${rule}; at most ${maxLength} characters`,
  ])
  const others = notMappedContactFields.map(({ label, from, rule }) => [label, from, rule])
  return table(['CloudTalk contact', 'Kustomer customer', 'Rule'], [...mapped, ...others])
}

function customerFieldsTable(): string {
  const rows = [...customerFieldRules, ...notMappedCustomerFields].map(({ label, to, rule }) => [
    label,
    to,
    rule,
  ])
  return table(['CloudTalk contact', 'Kustomer customer', 'Rule'], rows)
}

function noteLinesTable(): string {
  const { lines } = callSettings.parse({})
  const rows = noteLineRules.map(({ label, setting, whenEmpty }) => [
    label,
    setting === undefined ? 'always' : `\`calls.lines.${setting}\`, ${lines[setting] ? 'on' : 'off'}`,
    whenEmpty === 'dash' ? 'a dash' : 'no line',
  ])
  return table(['Line', 'Shown (setting, default)', 'Without a value'], rows)
}

function messageLinesTable(): string {
  const rows = messageLineRules.map(({ label, whenEmpty }) => [
    label,
    whenEmpty === 'dash' ? 'a dash' : 'no line',
  ])
  return table(['Line', 'Without a value'], rows)
}

function reasonsPage(): string {
  const codes = Object.keys(reasons) as ReasonCode[]
  const groups = (Object.keys(groupTitles) as (keyof typeof groupTitles)[]).map((group) => {
    const rows = codes
      .filter((code) => groupOf[code] === group)
      .map((code) => [`\`${code}\``, reasons[code].meaning, reasons[code].whatToDo])
    return `## ${groupTitles[group]}\n\n${table(['Code', 'What happened', 'What to do'], rows)}`
  })
  return [
    '# Reasons',
    'Every record that the service has looked at has an outcome and a reason. `trace` shows both. This page lists all reasons.',
    'It is made from `src/mapping/reasons.ts` by `scripts/generate-docs.ts`; change the text there.',
    ...groups,
    '',
  ].join('\n\n')
}

/** @throws when the page has no such part. */
function withPart(page: string, name: string, content: string): string {
  const start = `<!-- generated:${name} -->`
  const from = page.indexOf(start)
  const to = page.indexOf('<!-- /generated -->', from)
  if (from < 0 || to < 0) throw new Error(`README.md has no part between ${start} and <!-- /generated -->`)
  return `${page.slice(0, from + start.length)}\n\n${content}\n\n${page.slice(to)}`
}

const pathOf = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))
const read = (file: string): string => (existsSync(pathOf(file)) ? readFileSync(pathOf(file), 'utf8') : '')

function generate(): Record<string, string> {
  const parts: [name: string, content: string][] = [
    ['contact-fields', contactFieldsTable()],
    ['customer-fields', customerFieldsTable()],
    ['note-lines', noteLinesTable()],
    ['message-lines', messageLinesTable()],
  ]
  return {
    'README.md': parts.reduce((page, [name, content]) => withPart(page, name, content), read('README.md')),
    'docs/reasons.md': `${reasonsPage().trimEnd()}\n`,
  }
}

const stale = Object.entries(generate()).filter(([file, content]) => read(file) !== content)
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is not up to date: run scripts/generate-docs.ts`)
  if (stale.length > 0) process.exitCode = 1
} else {
  for (const [file, content] of stale) {
    mkdirSync(dirname(pathOf(file)), { recursive: true })
    writeFileSync(pathOf(file), content)
    console.log(`${file} written`)
  }
}
