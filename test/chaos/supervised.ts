import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Role } from './deployment.ts'

const CLI = ['--disable-warning=ExperimentalWarning', '--import', 'tsx', 'src/main.ts']
const START_MS = 60_000

/** One process of the service, of which a supervisor learns at once that it has ended. */
export interface SupervisedProcess {
  /** Resolves once it takes part in the work; rejects where it ends before that. */
  ready: Promise<void>
  ended: Promise<void>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  output(): string
}

export function startSupervised(env: Record<string, string>, role: Role): SupervisedProcess {
  const child = spawn(process.execPath, [...CLI, 'start', '--role', role], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = once(child, 'close').then(() => undefined)
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`a process of the service was not ready: ${output}`))
    }, START_MS)
    const read = (chunk: Buffer) => {
      output += chunk
      if (!output.includes('"msg":"ready"')) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    ended.then(() => {
      clearTimeout(timer)
      reject(new Error(`a process of the service ended: ${output}`))
    })
  })
  return {
    ready,
    ended,
    async end(signal) {
      if (isRunning(child)) child.kill(signal)
      await ended
    },
    output: () => output,
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null
