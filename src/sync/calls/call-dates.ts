/** Both are about the date filters of CloudTalk's call list, which say little (contract cloudtalk §1.5, §3.1). */

const HOUR = 60 * 60_000

/** The list is filtered by a call's start; one that ended just now may have begun this long ago. */
export const LONGEST_CALL_MS = 4 * HOUR

/** Nobody says in which zone the filter is read: the farthest is this far from UTC. */
export const ZONE_MARGIN_MS = 14 * HOUR

/**
 * Notes and tags change after a call without any mark (contract cloudtalk §3.1): polling looks for them until this long
 * after the end.
 */
export const LATE_EDITS_MS = HOUR
