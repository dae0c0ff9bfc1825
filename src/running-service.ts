import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** A service that runs on this data folder: how another command on this machine reaches it. */
export interface RunningService {
  withdraw(): void
}

const note = z.object({ pid: z.int().positive(), port: z.int().positive(), token: z.string() })

export type ServiceNote = z.infer<typeof note>

const fileIn = (dataDir: string) => `${dataDir}/service.json`

/** Leaves a note for other commands; only this user can read it. */
export function announceService(dataDir: string, at: { port: number; token: string }): RunningService {
  mkdirSync(dataDir, { recursive: true })
  const file = fileIn(dataDir)
  writeFileSync(file, JSON.stringify({ pid: process.pid, ...at }), { mode: 0o600 })
  return { withdraw: () => rmSync(file, { force: true }) }
}

/** The service that runs on this folder; a note whose process is gone counts as none. */
export function findService(dataDir: string): ServiceNote | undefined {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'))
  } catch {
    return undefined
  }
  const parsed = note.safeParse(content)
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch {
    return false
  }
}
