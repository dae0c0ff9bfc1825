export interface AskService {
  /** @returns nothing where there is no such thing. @throws with what the service says. */
  ask<T>(path: string, body?: unknown): Promise<T | undefined>
  /** @throws where there is no such thing, too. */
  answer<T>(path: string, body?: unknown): Promise<T>
}

/** A running service's own JSON API. */
export function askService(port: number, token: string, connection?: string): AskService {
  const ask = async <T>(path: string, body?: unknown): Promise<T | undefined> => {
    const url = new URL(`http://127.0.0.1:${port}/api/v1${path}`)
    if (connection !== undefined) url.searchParams.set('connection', connection)
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (response.status === 404) return undefined
    if (!response.ok) {
      const { error } = (await response.json().catch(() => ({}))) as { error?: string }
      throw new Error(error ?? `the running service answered ${response.status} to ${path.split('?')[0]}`)
    }
    return (await response.json()) as T
  }
  return {
    ask,
    async answer<T>(path: string, body?: unknown) {
      const value = await ask<T>(path, body)
      if (value === undefined) throw new Error(`the running service does not know ${path.split('?')[0]}`)
      return value
    },
  }
}
