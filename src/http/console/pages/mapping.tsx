import { Hono } from 'hono'
import type { FieldTable } from '../../../mapping/field-tables.ts'
import type { Matching } from '../../../mapping/matching.ts'
import { reasons } from '../../../mapping/reasons.ts'
import type { Settings } from '../../../mapping/settings.ts'
import type { FormInUse } from '../../../sync/forms-in-use.ts'
import type { MappingSample, SampleValue } from '../../../sync/mapping-in-force.ts'
import { needs } from '../../auth/guard.ts'
import { Empty, KIND_NAMES } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { RecordSearch } from '../record-search.tsx'
import { refused } from '../refused.tsx'

export const mappingPage = new Hono<ConsoleEnv>().get('/mapping', needs('oversee', refused), async (c) => {
  const { connection, shown } = c.var
  const question = (c.req.query('q') ?? '').trim()
  const mapping = await connection.watching.mapping(question === '' ? undefined : question)
  const { tables, samples, forms, settings } = mapping
  const found = Object.keys(samples).length > 0
  return c.html(
    <Page
      title="Mapping"
      lead="Which field becomes which, by which rule, and what that makes of one record."
      path="/mapping"
      c={c}
    >
      <RecordSearch
        shown={shown}
        path="/mapping"
        label="Sample: number, name, email, or id of a call, message, customer or contact"
        question={question}
        button="Show"
      />
      <p class="soft">
        {question === ''
          ? 'Without a question the samples are the records that were synced last.'
          : found
            ? 'Of each kind the first record that fits. Samples ask neither vendor.'
            : 'Nothing is known of this, so there is no sample. A number needs its country, as in +44 20 7183 8750.'}
      </p>
      <nav aria-label="On this page">
        <ul>
          {[...tables, FORMS, SETTINGS].map(({ id, title }) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      {tables.map((table) => (
        <Table table={table} sample={samples[table.id]} asked={question !== ''} shown={shown} />
      ))}
      <Forms forms={forms} />
      <SettingsInForce settings={settings} />
    </Page>,
  )
})

const FORMS = { id: 'forms', title: 'Forms in use' }
const SETTINGS = { id: 'settings', title: 'Settings in force' }

const onOff = (on: boolean): string => (on ? 'on' : 'off')

const MATCHING: Record<Matching, string> = {
  'phone-or-name': 'the same phone, else the same name',
  phone: 'the same phone',
  email: 'the same email',
  'phone-and-email': 'the same phone and the same email',
  none: 'never',
}

const numbersOf = ({ connectedNumbers }: { connectedNumbers: readonly string[] }): string =>
  connectedNumbers.length === 0 ? 'all' : connectedNumbers.join(', ')

/** What decides about whole records; what decides about a field stands with its rule. */
const SettingsInForce = ({ settings }: { settings: Settings }) => {
  const facts: [string, string][] = [
    ['Connection', `${settings.name}, ${settings.active ? 'active' : 'switched off'}`],
    ['Import', `${onOff(settings.import)}: customers make and update contacts`],
    ['Export', `${onOff(settings.export)}: contacts make and update customers`],
    ['A customer joins a contact with', MATCHING[settings.matching]],
    ['Country of numbers without one', settings.defaultCountry ?? 'none: such numbers are not valid'],
    ['Time zone', settings.timeZone],
    ['Call numbers', numbersOf(settings.calls)],
    ['SMS numbers', numbersOf(settings.sms)],
    ['WhatsApp numbers', numbersOf(settings.whatsapp)],
  ]
  return (
    <section aria-labelledby={SETTINGS.id}>
      <h2 id={SETTINGS.id}>{SETTINGS.title}</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

const USES = {
  literal: { tone: 'good', text: 'literal' },
  nearest: { tone: 'calm', text: 'nearest' },
  untried: { tone: 'busy', text: 'not tried yet' },
} as const

const Forms = ({ forms }: { forms: readonly FormInUse[] }) => (
  <section aria-labelledby={FORMS.id}>
    <h2 id={FORMS.id}>{FORMS.title}</h2>
    <p>
      Where a vendor’s API may not take what the mapping asks for, it is tried literally once. If it is
      refused, the nearest form is used from then on.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>What</th>
            <th>In use</th>
            <th>That is</th>
          </tr>
        </thead>
        <tbody>
          {forms.map(({ what, use, literal, nearest }) => (
            <tr>
              <td>{what}</td>
              <td>
                <span class={`badge ${USES[use].tone}`}>{USES[use].text}</span>
              </td>
              <td>
                {use === 'nearest'
                  ? nearest
                  : use === 'literal'
                    ? literal
                    : `first ${literal}; else ${nearest}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
)

interface TableProps {
  table: FieldTable
  sample: MappingSample | undefined
  /** Whether somebody has asked for a record. */
  asked: boolean
  shown: ShownConnection
}

const Table = ({ table, sample, asked, shown }: TableProps) => (
  <section aria-labelledby={table.id}>
    <h2 id={table.id}>{table.title}</h2>
    {sample ? (
      <SampleOf sample={sample} shown={shown} />
    ) : (
      <Empty>
        {asked
          ? 'No sample: no such record fits the question.'
          : 'No sample yet: the first record of this kind that is synced shows here.'}
      </Empty>
    )}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>{table.target}</th>
            <th>{table.source}</th>
            <th>Rule</th>
            {sample && <th>Sample</th>}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(({ key, target, source, rule }) => (
            <tr>
              <td>{target}</td>
              <td>{source}</td>
              <td>{rule}</td>
              {sample && (
                <td>
                  <Value value={sample.values[key]} />
                </td>
              )}
            </tr>
          ))}
          {table.notMapped.map(({ field, rule }) => (
            <tr>
              <td>{field}</td>
              <td class="soft">not mapped</td>
              <td>never written, never cleared: {rule}</td>
              {sample && <td />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
)

const SampleOf = ({ sample, shown }: { sample: MappingSample; shown: ShownConnection }) => (
  <p>
    Sample:{' '}
    <a href={link(shown, '/trace', { q: sample.id })}>
      {KIND_NAMES[sample.kind].one} {sample.id}
    </a>
    .{' '}
    {sample.leftOut &&
      `It is left out: ${reasons[sample.leftOut].meaning} What is shown is what it would make. `}
    {sample.remark}
  </p>
)

const Value = ({ value }: { value: SampleValue | undefined }) => {
  if (value?.unknown) return <span class="soft">{value.unknown}</span>
  if (!value || value.lines.length === 0) return <span class="soft">empty</span>
  return (
    <ul class="values">
      {value.lines.map((line) => (
        <li>{line}</li>
      ))}
    </ul>
  )
}
