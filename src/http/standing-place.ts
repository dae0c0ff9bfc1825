import { z } from 'zod'
import { recordKinds } from '../store/schema.ts'
import type { StandingPlace } from '../store/standing.ts'

/** Where a list of records goes on, in one word of an address. */
export const textOfPlace = ({ exactAt, kind, id }: StandingPlace): string => `${exactAt}/${kind}/${id}`

/** The same, read back. */
export const standingPlace = z
  .string()
  .transform((place) => /^(?<exactAt>\S+)\/(?<kind>\w+)\/(?<id>[!-~]+)$/.exec(place)?.groups)
  .pipe(z.object({ exactAt: z.iso.datetime(), kind: z.enum(recordKinds), id: z.string() }))
