import type { Operations } from '../http/operations.ts'
import type { RunProgress } from '../store/runs.ts'

const LOOK_EVERY_MS = 500

/** Follows a run until it is done. @throws when it cannot go on. */
export async function followRun(
  operations: Operations,
  id: string,
  report: (line: string) => void,
): Promise<RunProgress> {
  for (;;) {
    const run = await operations.run(id)
    if (!run) throw new Error('the run is gone')
    if (run.state === 'failed') throw new Error(`the run stopped: ${run.error ?? 'unknown reason'}`)
    if (run.state === 'cancelled') throw new Error('somebody cancelled the run')
    report(progressLine(run))
    if (run.state === 'done') return run
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** One line of a run's progress, with the rate and the time that is left at it. */
export function progressLine(run: RunProgress): string {
  const { raised, settled, rate, secondsLeft } = run
  const parts = (['customer', 'contact', 'call'] as const)
    .filter((kind) => (raised[kind] ?? 0) > 0 || (settled[kind] ?? 0) > 0)
    .map((kind) => `${settled[kind] ?? 0}/${raised[kind] ?? '?'} ${kind}s`)
  const left = secondsLeft === undefined ? '' : `, ${secondsLeft} s left`
  const state = run.paused ? 'paused' : run.state
  return `${state.padEnd(8)} ${parts.join(', ') || 'reading both sides'}  ${rate.toFixed(0)}/s${left}`
}

/** Writes progress to stderr: over one line on a terminal, else each change on a line of its own. */
export function progressWriter(quiet: boolean): { report(line: string): void; end(): void } {
  if (quiet) return { report: () => undefined, end: () => undefined }
  let last = ''
  return {
    report(line) {
      if (line === last) return
      last = line
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
    },
    end() {
      if (process.stderr.isTTY && last !== '') process.stderr.write('\n')
    },
  }
}
