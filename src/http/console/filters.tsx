import { z } from 'zod'
import { outcomeKinds, type ReasonCode, reasons } from '../../mapping/reasons.ts'
import type { OutcomeFilter } from '../../store/activity.ts'
import { recordKinds } from '../../store/schema.ts'
import { KIND_NAMES } from './components.tsx'
import { ConnectionChoice, type ShownConnection } from './layout.tsx'

/** By what a list of outcomes is narrowed. What does not fit is as good as not given: an old bookmark still opens. */
export const outcomeFilter = {
  kind: z.enum(recordKinds).optional().catch(undefined),
  outcome: z
    .enum([...outcomeKinds, 'in-sync'])
    .optional()
    .catch(undefined),
  reason: z
    .enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]])
    .optional()
    .catch(undefined),
}

export const Choice = ({
  name,
  label,
  chosen,
  options,
}: {
  name: string
  label: string
  chosen: string | undefined
  options: readonly (readonly [value: string, text: string])[]
}) => (
  <label>
    {label}
    <select name={name}>
      <option value="">all</option>
      {options.map(([value, text]) => (
        <option value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  </label>
)

/** The choices that every list of outcomes has, and which connection it is about where there are several. */
export const OutcomeChoices = ({ asked, shown }: { asked: OutcomeFilter; shown: ShownConnection }) => (
  <>
    {shown.all.length > 1 && <ConnectionChoice shown={shown} />}
    <Choice
      name="kind"
      label="Kind"
      chosen={asked.kind}
      options={recordKinds.map((kind) => [kind, KIND_NAMES[kind].many])}
    />
    <Choice
      name="outcome"
      label="Outcome"
      chosen={asked.outcome}
      options={[['in-sync', 'in sync'], ...outcomeKinds.map((one) => [one, one] as const)]}
    />
    <Choice
      name="reason"
      label="Reason"
      chosen={asked.reason}
      options={Object.keys(reasons).map((one) => [one, one])}
    />
  </>
)
