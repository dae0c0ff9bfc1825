import { z } from 'zod'
import { recordKinds } from '../store/schema.ts'

/** Where a list of records goes on. */
interface Place {
  exactAt: string
  kind: string
  id: string
}

/** The same in one word of an address. */
export const textOfPlace = ({ exactAt, kind, id }: Place): string => `${exactAt}/${kind}/${id}`

const placeOf = <K extends string>(kinds: readonly [K, ...K[]]) =>
  z
    .string()
    .transform((place) => /^(?<exactAt>\S+)\/(?<kind>\w+)\/(?<id>[!-~]+)$/.exec(place)?.groups)
    .pipe(z.object({ exactAt: z.iso.datetime(), kind: z.enum(kinds), id: z.string() }))

/** Read back, of the records as they stand. */
export const standingPlace = placeOf(recordKinds)

/** Read back, of conversations that belong to nobody. */
export const unassociatedPlace = placeOf(['call', 'message'])

/** The one after which a list goes on; undefined on its last page. @param size of a whole page. */
export const lastOfPage = <Row>(rows: readonly Row[], size: number): Row | undefined =>
  rows.length === size ? rows.at(-1) : undefined
