import { z } from 'zod'
import type { Transport } from './transport.ts'
import { id, optionalText, text } from './wire.ts'

const countryList = z
  .object({
    responseData: z.array(
      z.object({
        Country: z.object({
          id,
          name: text,
          country_code: optionalText,
          iso3: optionalText,
          calling_code: optionalText,
        }),
      }),
    ),
  })
  .transform(({ responseData }) =>
    responseData.map(({ Country }) => ({
      id: Country.id,
      name: Country.name,
      /** ISO 3166-1 alpha-2. */
      countryCode: Country.country_code,
      iso3: Country.iso3,
      callingCode: Country.calling_code,
    })),
  )

export type Country = z.output<typeof countryList>[number]

export function countries(transport: Transport) {
  return {
    /** All of them at once; this list has no pages (contract §2.7). */
    list: () => transport.json({ method: 'GET', path: '/countries/index.json' }, countryList),
  }
}
