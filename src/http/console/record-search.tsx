import type { ShownConnection } from './layout.tsx'

interface RecordSearchProps {
  shown: ShownConnection
  /** Of the page that answers. */
  path: string
  label: string
  question: string
  button: string
  autofocus?: boolean
}

/** Asks for a record by whatever somebody knows of it. */
export const RecordSearch = ({ shown, path, label, question, button, autofocus }: RecordSearchProps) => (
  <search>
    <form method="get" action={path} class="row">
      {shown.all.length > 1 && <input type="hidden" name="connection" value={shown.id} />}
      <label>
        {label}
        <input name="q" type="search" size={44} value={question} autofocus={autofocus} />
      </label>
      <button type="submit">{button}</button>
    </form>
  </search>
)
