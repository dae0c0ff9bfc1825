import { type DestinationStream, type Logger, pino } from 'pino'

/**
 * A log whose errors are told by name, message and place only. What a vendor said of a refusal may repeat a phone
 * number or an email, and rides on the error as data.
 */
export const createLog = (level: string, destination?: DestinationStream): Logger =>
  pino({ level, serializers: { err: plainError } }, destination ?? pino.destination(2))

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack, cause } = error
  return { type: name, message, stack, ...(cause !== undefined && { cause: plainError(cause) }) }
}
