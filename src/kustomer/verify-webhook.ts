import { createHmac, timingSafeEqual } from 'node:crypto'

/** The header that carries the signature (§6). */
export const SIGNATURE_HEADER = 'x-kustomer-webhook-signature'

/**
 * Whether Kustomer sent these bytes: lowercase hex HMAC-SHA256 of the raw body with the webhook's token (§6).
 *
 * @param rawBody The bytes as they came; JSON that was parsed and written again has another signature.
 */
export const verifyKustomerWebhook = (
  rawBody: Uint8Array | string,
  signatureHeader: string | null | undefined,
  token: string,
): boolean => {
  if (!/^[0-9a-f]{64}$/.test(signatureHeader ?? '') || token === '') return false
  const expected = createHmac('sha256', token).update(rawBody).digest()
  return timingSafeEqual(expected, Buffer.from(signatureHeader ?? '', 'hex'))
}
