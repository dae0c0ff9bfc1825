import type { Vendor } from './emulators.ts'

export interface FaultRule {
  /** As the emulator's request log names it; `*` = all. */
  route: string
  kind: 'status' | 'timeout' | 'reset' | 'lostAnswer' | 'slow'
  rate?: number
  status?: number
  ms?: number
}

const QUIET = { drop: 0, duplicate: 0, delayMs: 0, shuffle: false }

/** Replaces the vendor's faults; none heals it. Webhooks go on undisturbed. */
export const setFaults = (vendor: Vendor, ...rules: FaultRule[]): Promise<unknown> =>
  vendor.control('PUT', '/faults', { rules: rules.map((rule) => ({ rate: 1, ...rule })), webhooks: QUIET })
