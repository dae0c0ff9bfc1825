import type { Vendor } from '../helpers/emulators.ts'
import { until } from '../helpers/until.ts'

/** Somebody else who works with the vendor: a person at the screen, or another system of the company. */
export interface VendorApi {
  /** Asks until there is an answer: the vendor's troubles are everybody's. @throws where it takes too long. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>
  /** Asks once. @returns nothing where no answer came, or none that says anything. */
  tryOnce(method: string, path: string, body?: unknown): Promise<Answer | undefined>
  /** How often it was told to wait, which counts among the vendor's 429s. */
  toldToWait(): number
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what the vendor says, field by field
  body: any
}

/** The user agent of whoever is not the service. */
export const SOMEBODY_ELSE = 'somebody else'

/** How long somebody tries the same again. */
export const PATIENCE_MS = 60_000

export function vendorApi(vendor: Vendor, base: string, authorization: string, minuteMs: number): VendorApi {
  let waits = 0
  const tryOnce = async (method: string, path: string, body?: unknown): Promise<Answer | undefined> => {
    try {
      const response = await fetch(`${vendor.url}${base}${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json', 'user-agent': SOMEBODY_ELSE },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.status === 429) {
        waits++
        await endOfMinute(minuteMs)
        return undefined
      }
      if (response.status >= 500) return undefined
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    } catch {
      return undefined
    }
  }
  return {
    tryOnce,
    ask: (method, path, body) =>
      until(`an answer to ${method} ${path}`, () => tryOnce(method, path, body), PATIENCE_MS),
    toldToWait: () => waits,
  }
}

/** The emulators' minutes begin at multiples of their length. */
const endOfMinute = (minuteMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, minuteMs - (Date.now() % minuteMs)))
