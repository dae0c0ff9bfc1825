import type { Clock } from '../clock.ts'
import type { Reply } from './answers.ts'
import type { Events } from './events.ts'
import type { Store } from './store.ts'
import type { CloudTalkSwitches } from './switches.ts'

/** What every operation works on; `store` is replaced as a whole when a world is loaded. */
export type Account = {
  store: Store
  clock: Clock
  events: Events
  switches: () => CloudTalkSwitches
  newContactId: () => number
  /** Where the emulator is reached, for the links it gives out. */
  baseUrl: string
}

/** A request that found its route and passed authorisation. */
export type ApiRequest = { params: Record<string, string>; query: URLSearchParams; body: unknown }

/** An operation runs to its end without pause, so that requests never see each other half done. */
export type Handler = (account: Account, request: ApiRequest) => Reply | Response

/** The whole number that an id in a path or query stands for; NaN never matches one. */
export const idOf = (text: string | null | undefined): number =>
  /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN
