import type { Clock } from '../clock.ts'

/** Work that the vendor does some time after the answer. */
export type Later = {
  /** @param delayMs of a real minute; it shrinks with the emulator's. */
  run: (delayMs: number, work: () => void) => void
  /** Does what is due; called before every request, so that a clock under control suffices. */
  settle: () => void
  clear: () => void
}

export const createLater = (clock: Clock, scaled: (ms: number) => number): Later => {
  let waiting: { dueAt: number; work: () => void }[] = []
  const timers = new Set<NodeJS.Timeout>()

  const settle = () => {
    if (waiting.length === 0) return
    const now = clock.now()
    const due = waiting.filter(({ dueAt }) => dueAt <= now)
    if (due.length === 0) return
    waiting = waiting.filter(({ dueAt }) => dueAt > now)
    for (const { work } of due) work()
  }

  return {
    run: (delayMs, work) => {
      const wait = scaled(delayMs)
      waiting.push({ dueAt: clock.now() + wait, work })
      // Nobody may ask again, and yet the work's webhooks must leave. The clock can be a tick behind the timer.
      const timer = setTimeout(() => {
        timers.delete(timer)
        settle()
      }, wait + 2).unref()
      timers.add(timer)
    },
    settle,
    clear: () => {
      waiting = []
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
