import { createHash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'

/** Keeps secrets in the database unreadable to whoever has only the database: AES-256-GCM, as compact JWE. */
export interface Vault {
  /** @param name what it is the secret of: it opens under this name only. */
  seal(name: string, secret: string): Promise<string>
  /** @throws {Unopenable} where none of the keys fits, or it was sealed under another name. */
  open(name: string, sealed: string): Promise<string>
  /** The same secret under the newest key. @returns undefined where it is so already, or no key opens it. */
  renew(name: string, sealed: string): Promise<string | undefined>
}

export class Unopenable extends Error {
  override readonly name = 'Unopenable' as const

  constructor(secret: string) {
    super(`The stored ${secret} cannot be decrypted. Set ENCRYPTION_KEY to the key that it was stored with.`)
  }
}

const KEY_BYTES = 32
const DIRECT = { alg: 'dir', enc: 'A256GCM' } as const

/** The keys of ENCRYPTION_KEY: base64 of 32 bytes each, by commas. @returns undefined where one of them is none. */
export function readKeys(text: string): Uint8Array[] | undefined {
  const keys = text.split(',').map((part) => Uint8Array.from(Buffer.from(part.trim(), 'base64')))
  return keys.every((key) => key.length === KEY_BYTES) ? keys : undefined
}

/**
 * @param keys the first seals; the others open what they sealed once. At least one.
 * @param passes is told each secret that goes in or out, such as for a log that must not have it.
 */
export function createVault(
  keys: readonly Uint8Array[],
  passes: (secret: string) => void = () => undefined,
): Vault {
  const byId = new Map(keys.map((key) => [idOf(key), key]))
  const [newest] = byId
  if (!newest) throw new RangeError('a vault needs a key')
  const [newestId, newestKey] = newest
  const vault: Vault = {
    seal(name, secret) {
      passes(secret)
      return new CompactEncrypt(new TextEncoder().encode(secret))
        .setProtectedHeader({ ...DIRECT, kid: newestId, sub: name })
        .encrypt(newestKey)
    },
    async open(name, sealed) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(
          sealed,
          ({ kid }) => byId.get(kid ?? '') ?? newestKey,
          {
            keyManagementAlgorithms: [DIRECT.alg],
            contentEncryptionAlgorithms: [DIRECT.enc],
          },
        )
        const secret = new TextDecoder().decode(plaintext)
        passes(secret)
        if (protectedHeader.sub === name) return secret
      } catch {
        // What is wrong with it would not tell more than that no key fits.
      }
      throw new Unopenable(name)
    },
    async renew(name, sealed) {
      try {
        if (decodeProtectedHeader(sealed).kid === newestId) return undefined
        return await vault.seal(name, await vault.open(name, sealed))
      } catch {
        // Whoever needs the secret says that it cannot be opened.
        return undefined
      }
    },
  }
  return vault
}

/** Names a key without telling it. */
const idOf = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 12)
