/** The time an emulator believes in, so that tests decide what "now" and "a minute" are. */
export type Clock = {
  /** Epoch milliseconds. */
  now: () => number
  /** Length of one rate-limit minute in milliseconds. */
  minuteMs: number
}

/** A minute in milliseconds; the default length of a rate-limit window. */
export const MINUTE_MS = 60_000

/** @param minuteMs 1000 makes every vendor "minute" (limits, retry schedules) last one second. */
export const createClock = ({ minuteMs = MINUTE_MS, now = Date.now }: Partial<Clock> = {}): Clock => {
  if (!(minuteMs > 0)) throw new RangeError(`minuteMs must be above 0, got ${minuteMs}`)
  return { now, minuteMs }
}
