import { setTimeout as sleep } from 'node:timers/promises'
import type { Faults } from './faults.ts'

export type Delivery = {
  url: string
  method?: string
  /** A function is asked at every attempt: a signature over the time of sending must not grow old. */
  headers: Record<string, string> | (() => Record<string, string>)
  /** The exact bytes to send: signatures are made over them. */
  body: string
  /** Waits between attempts in milliseconds; [] = one attempt. */
  retryDelaysMs: readonly number[]
  /** How long the receiver may take to answer 2xx, in milliseconds. @default 10_000 */
  timeoutMs?: number
  /** The vendor's own wait before the first attempt, in milliseconds. @default 0 */
  delayMs?: number
  /** Called when the last attempt failed too. */
  onGivenUp?: () => void
}

export type WebhookSender = {
  /** Queues a delivery and returns at once; the faults of the emulator apply to it. */
  send: (delivery: Delivery) => void
  /** Resolves when nothing is on its way any more, retries included. */
  idle: () => Promise<void>
  /** Drops what is pending; the sender stays usable. */
  dropPending: () => void
  /** Drops what is pending and takes nothing more. */
  close: () => void
}

/** Enough to keep a receiver busy, few enough to never run out of sockets in a burst of thousands. */
const IN_FLIGHT = 32

/** The least room in which shuffled deliveries overtake each other, in milliseconds. */
const SHUFFLE_ROOM_MS = 100

/** Sends webhooks as a vendor does: later, in parallel, and with the accidents that the faults ask for. */
export const createWebhookSender = ({ faults }: { faults: Faults }): WebhookSender => {
  let dropping = new AbortController()
  let closed = false
  let pending = 0
  let running = 0
  const waiting: (() => void)[] = []
  let idlers: (() => void)[] = []

  const slot = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= IN_FLIGHT) await new Promise<void>((resume) => waiting.push(resume))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }

  const attempt = async (
    { url, method = 'POST', headers, body, timeoutMs = 10_000 }: Delivery,
    stop: AbortSignal,
  ) => {
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
      const answer = await fetch(url, {
        method,
        headers: typeof headers === 'function' ? headers() : headers,
        ...(method === 'GET' ? {} : { body }),
        redirect: 'manual',
        signal,
      })
      await answer.arrayBuffer()
      return answer.ok
    } catch {
      return false
    }
  }

  const deliver = async (delivery: Delivery, stop: AbortSignal) => {
    const { delayMs, shuffle } = faults.current().webhooks
    const overtaking = shuffle ? faults.random() * Math.max(delayMs, SHUFFLE_ROOM_MS) : 0
    let waitMs = (delivery.delayMs ?? 0) + delayMs + overtaking
    for (const nextMs of [...delivery.retryDelaysMs, undefined]) {
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: stop })
      if (stop.aborted || (await slot(() => attempt(delivery, stop))) || stop.aborted) return
      waitMs = nextMs ?? 0
    }
    delivery.onGivenUp?.()
  }

  const start = (delivery: Delivery) => {
    pending += 1
    deliver(delivery, dropping.signal)
      .catch(() => undefined)
      .finally(() => {
        pending -= 1
        if (pending > 0) return
        for (const resolve of idlers) resolve()
        idlers = []
      })
  }

  const dropPending = () => {
    dropping.abort()
    dropping = new AbortController()
  }

  return {
    send: (delivery) => {
      if (closed) return
      const { drop, duplicate } = faults.current().webhooks
      if (faults.random() < drop) return
      start(delivery)
      if (faults.random() < duplicate) start(delivery)
    },
    idle: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    dropPending,
    close: () => {
      closed = true
      dropPending()
    },
  }
}
