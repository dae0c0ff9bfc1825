import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { z } from 'zod'
import { readKeys } from './vault.ts'

/**
 * Who has a data folder: the embedded database bears one process only. The owner listens on a port of its own for as
 * long as the database is open, and leaves a note where. A process that dies, even by kill -9, stops listening, so
 * its note counts as none; a process id alone could belong to somebody else by then.
 */
export interface FolderOwner {
  pid: number
  /** Where the owner answers for itself. */
  lockPort: number
  /** Says that it is this owner, and no other program on that port. */
  token: string
  /** The service's HTTP port; absent while it takes no requests. */
  port?: number | undefined
}

const note = z.object({
  pid: z.int().positive(),
  lockPort: z.int().positive(),
  token: z.string().min(1),
  port: z.int().positive().optional(),
})

const fileIn = (folder: string) => `${folder}/service.json`
/** An owner on this machine answers at once. */
const ANSWER_MS = 1_000

/** The key of a deployment that was given none, made on first use. It lies beside the database, not in it. */
export function encryptionKeyIn(folder: string): Uint8Array {
  const file = `${folder}/encryption.key`
  if (existsSync(file)) {
    const [kept] = readKeys(readFileSync(file, 'utf8')) ?? []
    if (kept) return kept
    throw new Error(
      `${file} holds no key. Put back the one that it held, or delete it: what it sealed is then lost.`,
    )
  }
  const key = Uint8Array.from(randomBytes(32))
  // Whole or not at all, whatever ends the process meanwhile.
  writeFileSync(`${file}.new`, Buffer.from(key).toString('base64'), { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
  return key
}

export class FolderInUse extends Error {
  override readonly name = 'FolderInUse' as const
  readonly owner: FolderOwner

  constructor(folder: string, owner: FolderOwner) {
    super(`${folder} is in use by process ${owner.pid}; stop it, or set DATA_DIR to another folder`)
    this.owner = owner
  }
}

export interface TakenFolder {
  token: string
  /** Lets other commands on this machine reach the service. */
  announce(port: number): void
  release(): Promise<void>
}

/** @throws {FolderInUse} */
export async function takeFolder(folder: string, token: string): Promise<TakenFolder> {
  mkdirSync(folder, { recursive: true })
  const owner = await findOwner(folder)
  if (owner) throw new FolderInUse(folder, owner)
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(token)
  })
  const lockPort = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  // The folder's lock must not be what keeps the process alive.
  server.unref()
  const write = (port?: number) => {
    const content: FolderOwner = { pid: process.pid, lockPort, token, ...(port !== undefined && { port }) }
    writeFileSync(fileIn(folder), JSON.stringify(content), { mode: 0o600 })
  }
  write()
  return {
    token,
    announce: write,
    async release() {
      rmSync(fileIn(folder), { force: true })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The process that has the folder now. */
export async function findOwner(folder: string): Promise<FolderOwner | undefined> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(fileIn(folder), 'utf8'))
  } catch {
    return undefined
  }
  const parsed = note.safeParse(content)
  if (!parsed.success) return undefined
  return (await answers(parsed.data)) ? parsed.data : undefined
}

function answers({ lockPort, token }: FolderOwner): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(lockPort, '127.0.0.1')
    let answer = ''
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer === token))
  })
}
