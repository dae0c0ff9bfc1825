import type { Priority } from '../sync/event.ts'

/** The one queue of events, and the one of those that nothing but a person can help. */
export const SETTLE = 'settle'
export const DEAD = 'settle-dead'

/** Higher goes first. */
export const PRIORITY: Record<Priority, number> = { live: 30, retry: 20, enrichment: 10, backfill: 0 }

export const priorityOf = (level: number): Priority =>
  (Object.keys(PRIORITY) as Priority[]).find((priority) => PRIORITY[priority] === level) ?? 'backfill'

/**
 * Jobs that one worker settles at the same time. They share writes (ten contacts a request) and reads (a page of
 * calls); a larger batch would hold back what comes next while its slowest record is under way.
 */
export const BATCH = 50
/** Of workers that take anything: a hundred new customers share a request, ten contacts (contracts' bulk sizes). */
export const ANY_BATCH = 100
/** Workers that take live events only: a backlog cannot occupy them. */
export const LIVE_WORKERS = 3
/** Workers that take anything, live first. */
export const ANY_WORKERS = 2

/** A job whose process died is given to another after this long without a sign of life; 10 is the least. */
export const HEARTBEAT_SECONDS = 10
/**
 * A batch whose process is alive may take this long; pg-boss allows no more. Six hundred new contacts that three
 * workers tag one by one wait 22 minutes at CloudTalk's limit, and the queue's own bound is 15.
 */
export const LONGEST_BATCH_SECONDS = 24 * 60 * 60
export const WATCH_SECONDS = 5

/** Before a job is taken again whose process died, or whose outcome could not be recorded. */
export const DEAD_PROCESS_RETRY_SECONDS = 1

/** Deferred jobs have no wake-up call; this is how late they can be. */
export const POLL_SECONDS = 0.5

const DAY = 24 * 60 * 60
/** How long a finished job refuses a second delivery of its event: vendors repeat for hours, not days. */
export const REMEMBER_SECONDS = 3 * DAY
/** How long an event may wait for a vendor that is away. */
export const WAIT_SECONDS = 30 * DAY
