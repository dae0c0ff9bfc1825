/**
 * What an operation of the main host answers: `data` goes inside `responseData`, where single writes and the
 * results of bulk repeat the status as a number (§1.8, §2.8).
 */
export type Reply = { status: number; data: object }

export const answer = (data: object, status = 200): Reply => ({ status, data })

export const done = (): Reply => answer({ status: 200 })

export const created = (id: number): Reply => answer({ status: 201, data: { id: String(id) } }, 201)

export const refused = (status: number, message: string): Reply => answer({ status, message }, status)

export const notFound = (): Reply => refused(404, 'Not found.')

/** Field name → what is wrong with it; keys are leaf fields (`public_number`, not `ContactNumber`). */
export type FieldErrors = Record<string, string[]>

export const REQUIRED = 'This field is required.'

export const invalid = (data?: FieldErrors): Reply =>
  answer({ status: 406, message: 'Invalid input data.', ...(data && { data }) }, 406)
