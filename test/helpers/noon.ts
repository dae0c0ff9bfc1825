const HOUR_MS = 3_600_000

/** A zone in which it is noon in this hour, and the day that it is there: no test runs into the next one. */
export function atNoon(): { timeZone: string; today: string } {
  const now = new Date()
  const ahead = 12 - now.getUTCHours()
  // The names of these zones count to the west.
  const timeZone = ahead > 0 ? `Etc/GMT-${ahead}` : `Etc/GMT+${-ahead}`
  return { timeZone, today: new Date(now.getTime() + ahead * HOUR_MS).toISOString().slice(0, 10) }
}
