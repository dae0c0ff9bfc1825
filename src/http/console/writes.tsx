import type { Write } from '../../mapping/write.ts'
import { type FieldInWords, writeInWords } from '../../mapping/write-in-words.ts'

/** What a step wrote to either side: each field as it was and as it is since. */
export const Writes = ({ writes }: { writes: readonly Write[] }) =>
  writes.length === 0 ? null : (
    <details>
      <summary>What was written</summary>
      {writes.map(writeInWords).map(({ title, fields }) => (
        <>
          <p>{title}</p>
          {fields.length > 0 && (
            <dl class="facts">
              {fields.map((field) => (
                <Field field={field} />
              ))}
            </dl>
          )}
        </>
      ))}
    </details>
  )

const Field = ({ field: { label, before, after, beforeUnknown } }: { field: FieldInWords }) => (
  <>
    <dt>{label}</dt>
    <dd>
      {before !== undefined && (
        <>
          <Value text={before} /> →{' '}
        </>
      )}
      <Value text={after} />
      {beforeUnknown && <small> (what it was before is not known)</small>}
    </dd>
  </>
)

/** A note has up to ten thousand characters: more than this is folded. */
const MOST_CHARACTERS = 240
const SHOWN_CHARACTERS = 120

const Value = ({ text }: { text: string }) =>
  text.length <= MOST_CHARACTERS ? (
    <span class="written">{text}</span>
  ) : (
    <details>
      <summary>{text.slice(0, SHOWN_CHARACTERS)}…</summary>
      <span class="written">{text}</span>
    </details>
  )
