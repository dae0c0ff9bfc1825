import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A wire to a server on this machine that can be cut, or swallow what goes over it. */
export interface TcpProxy {
  port: number
  /** Ends every connection and takes no new one. */
  cut(): void
  /** Keeps every connection and takes new ones, and nothing arrives any more. */
  swallow(): void
  mend(): void
  close(): Promise<void>
}

export async function startTcpProxy(to: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  let swallows = false
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy()
    const onward = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.on('data', (chunk) => {
        if (!swallows) other.write(chunk)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address.port,
    cut,
    swallow: () => {
      swallows = true
    },
    mend: () => {
      isCut = false
      swallows = false
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
