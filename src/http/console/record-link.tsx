import type { RecordKind } from '../../store/schema.ts'
import { KIND_NAMES } from './components.tsx'
import { link, type ShownConnection } from './layout.tsx'

interface Props {
  kind: RecordKind
  id: string
  /** By what people know it, where the list says that. */
  title?: string | undefined
  shown: ShownConnection
}

/** A record in a list, with the way to its story. */
export const RecordLink = ({ kind, id, title, shown }: Props) => (
  <>
    {title && <b>{title}</b>}
    {title && <br />}
    <a href={link(shown, '/trace', { q: id })}>
      {KIND_NAMES[kind].one} {id}
    </a>
  </>
)
