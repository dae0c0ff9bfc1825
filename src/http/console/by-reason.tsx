import type { Child } from 'hono/jsx'
import { type ReasonCode, reasons } from '../../mapping/reasons.ts'
import type { ReasonCount } from '../../store/activity.ts'
import { count } from './components.tsx'

/** Shown without being asked for: first those that ask something of a person, then the most frequent ones. */
const SHOWN_REASONS = 4

interface Props {
  counts: readonly ReasonCount[]
  /** What is counted. */
  of: string
  hrefOf(reason: ReasonCode): string
  /** What can be done about one. */
  thenOf?: ((one: ReasonCount) => Child) | undefined
}

/** How often each reason was given, with what it means and what to do. */
export const ByReason = ({ counts, ...props }: Props) => {
  const asksNothing = ({ reason }: ReasonCount) => reasons[reason].whatToDo.startsWith('Nothing')
  const sorted = counts.toSorted((one, other) => Number(asksNothing(one)) - Number(asksNothing(other)))
  const others = sorted.slice(SHOWN_REASONS)
  return (
    <>
      <Reasons counts={sorted.slice(0, SHOWN_REASONS)} {...props} />
      {others.length > 0 && (
        <details>
          <summary>
            {others.length} more {others.length === 1 ? 'reason' : 'reasons'}
          </summary>
          <Reasons counts={others} {...props} />
        </details>
      )}
    </>
  )
}

const Reasons = ({ counts, of, hrefOf, thenOf }: Props) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="number">{of}</th>
          <th>Reason</th>
          <th>What to do</th>
          {thenOf && <th>Then</th>}
        </tr>
      </thead>
      <tbody>
        {counts.map((one) => (
          <tr>
            <td class="number">{count(one.count)}</td>
            <td>
              <a href={hrefOf(one.reason)}>{one.reason}</a>
              <br />
              <small>{reasons[one.reason].meaning}</small>
            </td>
            <td>{reasons[one.reason].whatToDo}</td>
            {thenOf && <td>{thenOf(one)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
