import { type Settings, settingsSchema } from '../../mapping/settings.ts'
import {
  SETTINGS_FIELDS,
  type SettingsField,
  type SettingsSection,
  valueAt,
  withValue,
} from '../../mapping/settings-fields.ts'
import type { Choices } from '../watching.ts'
import { Notice } from './components.tsx'

/** The forms in which settings are changed: made of the fields, and read back by them. */

type Form = Record<string, string | File | (string | File)[]>

/** Who gets a call without an agent: so many can be chosen, one after the other. */
const ASSIGNEES = 3
const SAME_EMAIL = ''
const NOBODY = '-'

const fieldsOf = (section: SettingsSection): SettingsField[] =>
  SETTINGS_FIELDS.filter((field) => field.section === section)

const texts = (form: Form, name: string): string[] =>
  [form[name] ?? []].flat().filter((value): value is string => typeof value === 'string' && value !== '')
const text = (form: Form, name: string): string => texts(form, name)[0]?.trim() ?? ''

/** A form that gives no valid settings: what is wrong by the fields' names, and what was typed. */
export interface UnfitSettings {
  problems: string[]
  given: unknown
}

/** The settings as a section's form has them, the rest as they were. */
export function settingsFrom(
  form: Form,
  section: SettingsSection,
  before: Settings,
): { settings: Settings } | UnfitSettings {
  let given: unknown = before
  for (const field of fieldsOf(section)) given = withValue(given, field.path, readField(form, field))
  const parsed = settingsSchema.safeParse(given)
  return parsed.success ? { settings: parsed.data } : { problems: problemsOf(parsed.error), given }
}

/** What is wrong with settings, by the names that people read. */
export const problemsOf = ({
  issues,
}: {
  issues: readonly { path: PropertyKey[]; message: string }[]
}): string[] =>
  issues.map(({ path, message }) => {
    const at = path.join('.')
    const field = SETTINGS_FIELDS.find((one) => at === one.path || at.startsWith(`${one.path}.`))
    return `${field?.label ?? at}: ${message}.`
  })

function readField(form: Form, { path, input }: SettingsField): unknown {
  switch (input) {
    case 'switch':
      return text(form, path) === 'on'
    case 'hours': {
      const typed = text(form, path)
      const hours = Number(typed)
      // What is no number is shown again as it was typed.
      return Number.isNaN(hours) ? typed : hours
    }
    case 'numbers':
      return texts(form, path)
    case 'assignees':
      return texts(form, path).map(assigneeFrom)
    case 'agents':
      return Object.fromEntries(
        Object.keys(form)
          .filter((name) => name.startsWith(`${path}/`) && text(form, name) !== SAME_EMAIL)
          .map((name) => [
            name.slice(path.length + 1),
            text(form, name) === NOBODY ? null : text(form, name),
          ]),
      )
    default:
      return text(form, path) || undefined
  }
}

type Assignee = Settings['calls']['withoutAgent'][number]

const assigneeFrom = (value: string): unknown => {
  const [, kind, name] = /^(user|team):(.+)$/s.exec(value) ?? []
  return kind === undefined ? value : { [kind]: name }
}
const assigneeAsValue = (assignee: Assignee | undefined): string => {
  if (assignee === undefined || typeof assignee === 'string') return assignee ?? ''
  return 'user' in assignee ? `user:${assignee.user}` : `team:${assignee.team}`
}

interface SectionProps {
  section: SettingsSection
  /** Or what was typed instead. */
  settings: unknown
  /** Undefined where the connection does not run yet. */
  choices: Choices | undefined
}

/** The inputs of a section, those of one group in a box of their own. */
export const SectionFields = ({ section, settings, choices }: SectionProps) => {
  const fields = fieldsOf(section)
  const groups = [...new Set(fields.flatMap(({ group }) => group ?? []))]
  const inputsOf = (wanted: string | undefined) =>
    fields
      .filter(({ group }) => group === wanted)
      .map((field) => (
        <FieldInput field={field} value={valueAt(settings, field.path)} choices={choices ?? NO_CHOICES} />
      ))
  const unread = choices ? choices.unread : ['cloudtalk', 'kustomer']
  const chooses = fields.some(({ input }) => input === 'numbers' || input === 'agents')
  return (
    <>
      {chooses && unread.length > 0 && (
        <Notice tone="busy">
          {choices ? 'A vendor does not answer at this moment' : 'The connection is not complete yet'}, so
          only what is chosen already is shown in lists.
        </Notice>
      )}
      {inputsOf(undefined)}
      {groups.length > 0 && (
        <div class="groups">
          {groups.map((group) => (
            <fieldset>
              <legend>{group}</legend>
              {inputsOf(group)}
            </fieldset>
          ))}
        </div>
      )}
    </>
  )
}

const NO_CHOICES: Choices = { agents: [], users: [], teams: [], numbers: [], unread: [] }

interface FieldProps {
  field: SettingsField
  value: unknown
  choices: Choices
}

const FieldInput = ({ field, value, choices }: FieldProps) => {
  const { path, label, help, input } = field
  if (input === 'switch') {
    return (
      <label class="switch">
        <input type="checkbox" name={path} checked={value === true} /> {label} {help && <small>{help}</small>}
      </label>
    )
  }
  if (input === 'numbers') return <Numbers field={field} chosen={value as string[]} choices={choices} />
  if (input === 'assignees') return <Assignees field={field} chosen={value as Assignee[]} choices={choices} />
  if (input === 'agents') {
    return <Agents field={field} chosen={value as Settings['agentMap']} choices={choices} />
  }
  const id = `field-${path}`
  return (
    <div>
      <label for={id}>
        {label} {help && <small>{help}</small>}
      </label>
      {typeof input === 'object' ? (
        <select id={id} name={path}>
          {Object.entries(input.options).map(([option, name]) => (
            <option value={option} selected={option === value}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          name={path}
          value={value === undefined ? '' : String(value)}
          {...(input === 'hours' && { type: 'number', min: '0.1', max: '8760', step: 'any', required: true })}
        />
      )}
    </div>
  )
}

const Numbers = ({
  field: { path, label, help },
  chosen,
  choices,
}: {
  field: SettingsField
  chosen: readonly string[]
  choices: Choices
}) => {
  const listed = new Set(choices.numbers.map(({ number }) => number))
  const gone = chosen
    .filter((number) => !listed.has(number))
    .map((number) => ({ number, name: 'not in the list' }))
  return (
    <fieldset>
      <legend>{label}</legend>
      {help && <small>{help}</small>}
      {[...choices.numbers, ...gone].map(({ number, name }) => (
        <label class="switch">
          <input type="checkbox" name={path} value={number} checked={chosen.includes(number)} /> {number}{' '}
          <small>{name}</small>
        </label>
      ))}
    </fieldset>
  )
}

const Assignees = ({
  field: { path, label, help },
  chosen,
  choices,
}: {
  field: SettingsField
  chosen: readonly Assignee[]
  choices: Choices
}) => {
  const options: [value: string, name: string][] = [
    ['', 'nobody'],
    ['last-step', 'who it rang last'],
    ['favorite-agent', 'the contact’s favorite agent'],
    ...choices.users.map(({ name, email }): [string, string] => [`user:${email}`, `${name} (${email})`]),
    ...choices.teams.map((team): [string, string] => [`team:${team}`, `team ${team}`]),
  ]
  const known = new Set(options.map(([value]) => value))
  const gone = chosen.map(assigneeAsValue).filter((value) => !known.has(value))
  const all = [...options, ...gone.map((value): [string, string] => [value, value])]
  return (
    <fieldset>
      <legend>{label}</legend>
      {help && <small>{help}</small>}
      {Array.from({ length: Math.max(ASSIGNEES, chosen.length) }, (_, at) => (
        <label>
          {at === 0 ? 'First' : 'Then'}
          <select name={path}>
            {all.map(([value, name]) => (
              <option value={value} selected={value === assigneeAsValue(chosen[at])}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ))}
    </fieldset>
  )
}

const Agents = ({
  field: { path, label, help },
  chosen,
  choices,
}: {
  field: SettingsField
  chosen: Settings['agentMap']
  choices: Choices
}) => {
  const emails = new Map(choices.agents.map(({ name, email }) => [email, name]))
  for (const email of Object.keys(chosen)) if (!emails.has(email)) emails.set(email, 'not in the list')
  const users = new Map(choices.users.map(({ name, email }) => [email, name]))
  for (const email of Object.values(chosen)) if (email && !users.has(email)) users.set(email, email)
  return (
    <fieldset>
      <legend>{label}</legend>
      {help && <p class="soft">{help}</p>}
      {[...emails].map(([agent, name]) => (
        <label>
          {name} <small>{agent}</small>
          <select name={`${path}/${agent}`}>
            <option value={SAME_EMAIL}>the user with the same email</option>
            <option value={NOBODY} selected={chosen[agent] === null}>
              nobody
            </option>
            {[...users].map(([user, called]) => (
              <option value={user} selected={chosen[agent] === user}>
                {called} {called !== user && `(${user})`}
              </option>
            ))}
          </select>
        </label>
      ))}
    </fieldset>
  )
}
