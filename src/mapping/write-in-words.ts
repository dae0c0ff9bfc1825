import { type Change, isEmpty, type Write } from './write.ts'

/** A write as people read it. */
export interface WriteInWords {
  /** "Changed contact 123" */
  title: string
  fields: FieldInWords[]
}

export interface FieldInWords {
  label: string
  /** Undefined of a new record, and where nobody knows it. */
  before: string | undefined
  after: string
  /** The record was there, and what it held is not known. */
  beforeUnknown: boolean
}

export function writeInWords(write: Write): WriteInWords {
  const { to, id, did, fields } = write
  if (to === 'link') {
    const change = fields.contact ?? { after: null }
    const contact = isEmpty(change.after) ? change.before : change.after
    const title = `${did === 'deleted' ? 'Unlinked' : 'Linked'} customer ${id} and contact ${inWords(contact)}`
    return { title, fields: [] }
  }
  const known = Object.entries(fields).filter(
    ([, { before, after }]) => !(isEmpty(before) && isEmpty(after)) || did === 'changed',
  )
  return {
    title: [did[0]?.toUpperCase(), did.slice(1), ' ', to, id === '' ? '' : ` ${id}`].join(''),
    fields: known.map(([field, change]) => fieldInWords(field, change, did)),
  }
}

const fieldInWords = (field: string, { before, after }: Change, did: Write['did']): FieldInWords => ({
  label: LABELS[field] ?? field,
  before: before === undefined ? undefined : inWords(before),
  after: inWords(after),
  beforeUnknown: before === undefined && did === 'changed',
})

/** "was → is", on one line. */
export const fieldOnOneLine = ({ label, before, after, beforeUnknown }: FieldInWords): string => {
  if (beforeUnknown) return `${label}: ${after} (what it was before is not known)`
  return before === undefined ? `${label}: ${after}` : `${label}: ${before} → ${after}`
}

/** Every field that is ever written, in the words of both vendors. */
const LABELS: Record<string, string> = {
  name: 'Name',
  company: 'Company',
  website: 'Website',
  address: 'Address',
  city: 'City',
  zip: 'Zip',
  state: 'State',
  countryId: 'Country (CloudTalk’s id)',
  favoriteAgentId: 'Favorite agent (CloudTalk’s id)',
  numbers: 'Numbers',
  emails: 'Emails',
  externalUrls: 'Links',
  tags: 'Tags',
  externalId: 'External id',
  phones: 'Phones',
  whatsapps: 'WhatsApp numbers',
  urls: 'Websites',
  locations: 'Locations',
  customer: 'Customer',
  status: 'Status',
  direction: 'Direction',
  createdAt: 'Created',
  assignedUsers: 'Assigned users',
  assignedTeams: 'Assigned teams',
  body: 'Text',
  subject: 'Subject',
  preview: 'Text',
}

function inWords(value: unknown): string {
  if (isEmpty(value)) return 'empty'
  if (Array.isArray(value)) return value.map(inWords).join('; ')
  if (typeof value === 'object' && value !== null) return objectInWords(value)
  return String(value)
}

/** Its values, and its type behind them: "+44… (work)". */
function objectInWords(value: object): string {
  const { type, ...rest }: { type?: unknown } = value
  const parts = Object.values(rest).filter((part) => !isEmpty(part) && typeof part !== 'boolean')
  return `${parts.map(inWords).join(', ')}${isEmpty(type) ? '' : ` (${String(type)})`}`
}
