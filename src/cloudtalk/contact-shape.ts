import { z } from 'zod'
import { id, oneOrMany, optionalId, optionalPhone, optionalText, present, text } from './wire.ts'

/** The sibling lists of a contact in index and show (contract §2.1, §2.2). */
export const numberRows = oneOrMany(z.object({ public_number: optionalPhone })).transform((rows) =>
  present(rows.map((row) => row.public_number)),
)
export const emailRows = oneOrMany(z.object({ email: optionalText })).transform((rows) =>
  present(rows.map((row) => row.email)),
)
export const tagRows = oneOrMany(z.object({ name: optionalText })).transform((rows) =>
  present(rows.map((row) => row.name)),
)
export const attributeRows = oneOrMany(z.object({ attribute_id: id, title: text, value: text })).transform(
  (rows) => rows.map((row) => ({ id: row.attribute_id, title: row.title, value: row.value })),
)

/** A link is `{name,url}` in the contacts API and `{external_system,external_url}` in the calls API (§3.1). */
export const externalUrlRows = oneOrMany(
  z.object({
    name: optionalText,
    url: optionalText,
    external_system: optionalText,
    external_url: optionalText,
  }),
).transform((rows) =>
  rows.map((row) => ({
    name: row.name ?? row.external_system ?? '',
    url: row.url ?? row.external_url ?? '',
  })),
)

/** Lists inside the contact object itself; seen in calls, named by the spec in show (contract §2.2). */
export const phoneList = oneOrMany(optionalPhone).transform(present)
export const emailList = oneOrMany(optionalText).transform(present)

/** The scalar columns of a contact; the same in show and in a call. */
export const contactColumns = {
  id,
  name: text,
  title: optionalText,
  company: optionalText,
  industry: optionalText,
  address: optionalText,
  city: optionalText,
  zip: optionalText,
  state: optionalText,
  country_id: optionalId,
}
