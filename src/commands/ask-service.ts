export interface AskService {
  /** @returns nothing where there is no such thing. @throws with what the service says. */
  ask<T>(path: string, body?: unknown): Promise<T | undefined>
  /** @throws where there is no such thing, too. */
  answer<T>(path: string, body?: unknown): Promise<T>
}

/** A running service's own JSON API. */
export function askService(port: number, token: string, connection?: string): AskService {
  const send = (path: string, body: unknown): Promise<Response> => {
    const url = new URL(`http://127.0.0.1:${port}/api/v1${path}`)
    if (connection !== undefined) url.searchParams.set('connection', connection)
    return fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  }
  const read = async <T>(response: Response, path: string): Promise<T> => {
    if (response.ok) return (await response.json()) as T
    const { error, whatToDo } = (await response.json().catch(() => ({}))) as Partial<Told>
    const told = [error, whatToDo].filter(Boolean).join(' ')
    throw new Error(told || `the running service answered ${response.status} to ${path.split('?')[0]}`)
  }
  return {
    async ask<T>(path: string, body?: unknown) {
      const response = await send(path, body)
      return response.status === 404 ? undefined : read<T>(response, path)
    },
    answer: async <T>(path: string, body?: unknown) => read<T>(await send(path, body), path),
  }
}

/** Why something was not done, and what to do. */
interface Told {
  error: string
  whatToDo: string
}
