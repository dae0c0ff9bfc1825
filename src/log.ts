import { type DestinationStream, type Logger, pino } from 'pino'

/** Shorter ones could be words of any line; no vendor's key is that short. */
const LEAST_SECRET = 12

/**
 * A log whose errors are told by name, message and place only. What a vendor said of a refusal may repeat a phone
 * number or an email, and rides on the error as data.
 *
 * @param secrets are taken out of every line, whoever put them there; it may grow meanwhile.
 */
export const createLog = (
  level: string,
  secrets: ReadonlySet<string>,
  destination: DestinationStream,
): Logger => pino({ level, serializers: { err: plainError } }, without(secrets, destination))

function without(secrets: ReadonlySet<string>, destination: DestinationStream): DestinationStream {
  let written: string[] = []
  let known = 0
  return {
    write(line) {
      if (known !== secrets.size) {
        written = writtenOf(secrets)
        known = secrets.size
      }
      destination.write(written.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line))
    },
  }
}

/** In a line they stand as JSON strings do. */
const writtenOf = (secrets: ReadonlySet<string>): string[] =>
  [...secrets]
    .filter((secret) => secret.length >= LEAST_SECRET)
    .flatMap((secret) => [...new Set([secret, JSON.stringify(secret).slice(1, -1)])])

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return toldBy(error)
  const { name, message, stack, cause } = error
  return { type: name, message, stack, ...(cause !== undefined && { cause: plainError(cause) }) }
}

/** The queue tells its errors as objects without a class. */
function toldBy(error: unknown): unknown {
  const { message, stack } = Object(error) as { message?: unknown; stack?: unknown }
  return { type: typeof error, ...(typeof message === 'string' && { message, stack: String(stack) }) }
}
