/** Another settle has what this one needs; it comes again in a moment, as if it had not been tried. */
export class Busy extends Error {
  override readonly name = 'Busy' as const
  /** For so long yet nobody gets it; 0 where it may be free at any moment. */
  readonly forMs: number

  constructor(forMs = 0) {
    super()
    this.forMs = forMs
  }
}
