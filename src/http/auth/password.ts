/** Shorter ones are refused, whoever sets them. */
export const LEAST_PASSWORD = 10
