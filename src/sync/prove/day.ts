/** A day as people of the connection's zone count it: 23, 24 or 25 hours. */
export interface Day {
  /** `YYYY-MM-DD`. */
  name: string
  from: Date
  to: Date
}

/** @throws {RangeError} where it is no date such as 2026-11-21. */
export function dayIn(timeZone: string, name: string): Day {
  const date = Temporal.PlainDate.from(name)
  const startOf = (day: Temporal.PlainDate) => new Date(day.toZonedDateTime(timeZone).epochMilliseconds)
  return { name: date.toString(), from: startOf(date), to: startOf(date.add({ days: 1 })) }
}

/** The day before the one that it is there at this moment. */
export function yesterdayIn(timeZone: string, now: Date): string {
  return localNow(timeZone, now).toPlainDate().subtract({ days: 1 }).toString()
}

/** The hour of the day there, 0 to 23. */
export const hourIn = (timeZone: string, now: Date): number => localNow(timeZone, now).hour

const localNow = (timeZone: string, now: Date): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
