import { reasons } from '../../mapping/reasons.ts'
import {
  isOver,
  type Run,
  type RunItem,
  type RunProgress,
  type RunRecord,
  type RunRecordFilter,
  type RunRecordsPage,
} from '../../store/runs.ts'
import { Empty, KIND_NAMES, OutcomeBadge } from './components.tsx'
import { link, type ShownConnection } from './layout.tsx'
import { RecordLink } from './record-link.tsx'
import { isAboutUndo } from './run-details.tsx'

interface RunRecordsProps {
  run: RunProgress
  page: RunRecordsPage
  /** Only those that came out so. */
  like: RunRecordFilter | undefined
  /** The last record of the page before. */
  after: RunItem | undefined
  shown: ShownConnection
}

/** Which records came out so; of an undo, what of each is taken back, or would be, and what stays. */
export const RunRecords = ({ run, page: { records, next }, like, after, shown }: RunRecordsProps) => {
  const address = (from?: RunItem) =>
    link(shown, `/runs/${run.id}`, { ...like, after: from && `${from.kind}/${from.id}` })
  return (
    <section aria-labelledby="records">
      <h2 id="records">Record by record</h2>
      {like && (
        <p>
          {KIND_NAMES[like.kind].many} <OutcomeBadge outcome={like.outcome} /> {reasons[like.reason].meaning}
        </p>
      )}
      {records.length === 0 ? (
        <Empty>{whyNone(run, like, after, next)}</Empty>
      ) : isAboutUndo(run) ? (
        <Undone run={run} records={records} shown={shown} />
      ) : (
        <ul>
          {records.map((record) => (
            <li>
              <RecordLink {...record} shown={shown} />
            </li>
          ))}
        </ul>
      )}
      {(after || next) && (
        <p class="actions">
          {after && <a href={address()}>First page</a>}
          {next && <a href={address(next)}>Next page</a>}
        </p>
      )}
    </section>
  )
}

function whyNone(
  run: Run,
  like: RunRecordFilter | undefined,
  after: RunItem | undefined,
  next: RunItem | undefined,
): string {
  if (next) return 'None among those that were looked through. The next page looks further.'
  if (after) return 'There are no more.'
  if (!isOver(run)) return 'The first ones show in a moment.'
  return like ? 'None came out so.' : 'There is nothing to take back.'
}

const Undone = ({ run, records, shown }: { run: Run; records: RunRecord[]; shown: ShownConnection }) => {
  const preview = run.kind === 'undo-preview'
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Record</th>
            <th>{preview ? 'Would be taken back' : 'Taken back'}</th>
            <th>{preview ? 'Would stay' : 'Stays'}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr>
              <td>
                <RecordLink {...record} shown={shown} />
              </td>
              <td>
                {record.undo ? <Lines lines={record.undo.takenBack} /> : <small>{record.reason}</small>}
              </td>
              <td>{record.undo && <Lines lines={record.undo.stays} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const Lines = ({ lines }: { lines: readonly string[] }) =>
  lines.length === 0 ? (
    <small>–</small>
  ) : (
    <div>
      {lines.map((line) => (
        <div>{line}</div>
      ))}
    </div>
  )
