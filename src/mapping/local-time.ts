/**
 * A time as people in a zone read it, as in `22 Nov 2026, 14:05 GMT+1`. The offset is always there: in the hour that
 * autumn repeats, the wall clock alone says two times.
 */
export const localTime = (iso: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  }).format(new Date(iso))

/** The day that it is then in a zone, as in `2026-01-31`. */
export const localDay = (at: Date, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString()
