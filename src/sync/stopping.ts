/** The service stops: what waits for a vendor is settled after the next start. */
export class Stopping extends Error {
  override readonly name = 'Stopping' as const
}
