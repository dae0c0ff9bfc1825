import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { TestDatabase } from './databases.ts'
import { until } from './until.ts'

const CLI = ['--disable-warning=ExperimentalWarning', '--import', 'tsx', 'src/main.ts']

/** Environment of a process in which a record is left alone for fifteen seconds instead of two minutes. */
export const SHORT_PACE = { NODE_OPTIONS: '--import=tsx --import=./test/helpers/short-pace.ts' }

/** The service as a process of its own, as an operator runs it. */
export interface ServiceProcess {
  url: string
  /** kill -9: no word of farewell. */
  kill(): Promise<void>
  /** SIGTERM. @returns the exit code. */
  stop(): Promise<number | null>
  /** Waits for its end. @returns the exit code. */
  ended(): Promise<number | null>
  output(): string
}

export async function startServiceProcess(
  env: Record<string, string>,
  database: TestDatabase,
  port: number,
  role: 'web' | 'worker' | 'all' = 'all',
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...CLI, 'start', '--role', role], {
    env: { PATH: process.env.PATH, ...env, ...database.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const read = collect(child)
  const url = `http://127.0.0.1:${port}`
  await until(
    'the service is ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`the service ended: ${read()}`)
      if (role === 'worker') return read().includes('"ready"')
      const response = await fetch(`${url}/readyz`).catch(() => undefined)
      return response?.ok
    },
    30_000,
  )
  const ended = async (signal?: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit')
      if (signal) child.kill(signal)
      await exit
    }
    return child.exitCode
  }
  return {
    url,
    output: read,
    kill: async () => {
      await ended('SIGKILL')
    },
    stop: () => ended('SIGTERM'),
    ended: () => ended(),
  }
}

/** Runs one command to its end. */
export async function runCli(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...CLI, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

function collect(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk
    })
  }
  return () => output
}
