/**
 * A fetch that reaches the configured vendor hosts and nothing else, whatever a record's text holds; it follows no
 * redirect that its caller does not ask for, and ends what is under way when the service stops.
 */
export function createVendorFetch(
  addresses: readonly (string | undefined)[],
  stopping?: AbortSignal,
): typeof fetch {
  const origins = new Set(
    addresses.flatMap((address) => (address === undefined ? [] : new URL(address).origin)),
  )
  return async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input)
    if (!origins.has(origin)) throw new TypeError(`${origin} is not a vendor of this connection`)
    const signals = [init?.signal, stopping].filter((signal) => signal !== null && signal !== undefined)
    return fetch(input, { ...init, signal: AbortSignal.any(signals) })
  }
}
