/** Prefixes after which any six digits make a valid number by libphonenumber's full metadata (tested). */
const PREFIXES = [
  '+12125',
  '+447400',
  '+421904',
  '+393513',
  '+33612',
  '+4915110',
  '+34612',
  '+420601',
  '+15062',
  '+48512',
  '+43664',
  '+353851',
  '+61412',
  '+31612',
  '+46701',
  '+5511961',
  '+919812',
  '+41791',
  '+351912',
] as const

const SIX_DIGITS = 1_000_000

/** Shares no factor with 10^6, so multiplying by it shuffles the six digits without ever repeating one. */
const SHUFFLE = 387_421

/**
 * The n-th number of a world: valid, E.164, different for every n below nineteen million, and from another country
 * than the one before.
 */
export const phoneOf = (seed: number, n: number): string => {
  const prefix = PREFIXES[n % PREFIXES.length] ?? PREFIXES[0]
  const turn = Math.floor(n / PREFIXES.length) + Math.abs(seed % SIX_DIGITS)
  const digits = (turn * SHUFFLE) % SIX_DIGITS
  return prefix + String(digits).padStart(6, '0')
}

/** Looks like a phone to a format check, but its country code is assigned to nobody. */
export const invalidPhoneOf = (n: number): string => `+999${String(n).padStart(8, '0')}`

/** The countries of the prefixes, in their order. */
const HOMES = 'US GB SK IT FR DE ES CZ CA PL AT IE AU NL SE BR IN CH PT'.split(' ')

/** The country of a number of {@link phoneOf}, alpha-2; addresses go with phones. */
export const homeOf = (n: number): string => HOMES[n % HOMES.length] ?? 'US'
