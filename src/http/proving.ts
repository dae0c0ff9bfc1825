import { v4 as uuid } from 'uuid'
import type { Proof } from '../sync/prove/proof.ts'
import { Unprovable } from '../sync/prove/prove.ts'

/** How far a proof is that somebody asked for: reading a day may take longer than a request may. */
export type ProofState =
  | { state: 'running' }
  | { state: 'done'; proof: Proof }
  | { state: 'failed'; error: string }

export interface Proving {
  /** @returns by what the proof is asked for. */
  begin(work: Promise<Proof>): string
  /** Undefined for one that nobody asked for here, or long ago. */
  state(id: string): ProofState | undefined
}

/** The latest that are remembered. */
const REMEMBERED = 20

/** Keeps the proofs that were asked for through this process. */
export function createProving(): Proving {
  const states = new Map<string, ProofState>()
  return {
    begin(work) {
      const id = uuid()
      states.set(id, { state: 'running' })
      work.then(
        (proof) => states.set(id, { state: 'done', proof }),
        (error: unknown) => {
          const told = error instanceof Unprovable || (error instanceof Error && 'failure' in error)
          const sentence = told ? error.message : 'The service stumbled over the proof; its log tells where.'
          states.set(id, { state: 'failed', error: sentence })
        },
      )
      for (const [old] of states) if (states.size > REMEMBERED) states.delete(old)
      return id
    },
    state: (id) => states.get(id),
  }
}
