import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVault, readKeys, Unopenable } from './vault.ts'

const newKey = () => Uint8Array.from(randomBytes(32))
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

describe('a vault', () => {
  test('gives back what it was given, and shows none of it', async () => {
    const vault = createVault([newKey()])
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 8 }), fc.string(), async (secret, name) => {
        const sealed = await vault.seal(name, secret)
        expect(await vault.open(name, sealed)).toBe(secret)
        expect(sealed).not.toContain(secret)
        expect(await vault.seal(name, secret)).not.toBe(sealed)
      }),
    )
  })

  test('tells each secret that goes in or out', async () => {
    const [keys, passed] = [[newKey()], new Set<string>()]
    const sealed = await createVault(keys, (secret) => passed.add(secret)).seal('name', 'the secret')
    expect([...passed]).toEqual(['the secret'])
    passed.clear()
    await createVault(keys, (secret) => passed.add(secret)).open('name', sealed)
    expect([...passed]).toEqual(['the secret'])
  })

  test('rotates: the new key seals, the old one still opens, and without it nothing does', async () => {
    const [old, next] = [newKey(), newKey()]
    const sealed = await createVault([old]).seal('a', 'secret')
    const both = createVault([next, old])
    expect(await both.open('a', sealed)).toBe('secret')
    const again = (await both.renew('a', sealed)) ?? ''
    expect(await both.renew('a', again)).toBeUndefined()
    expect(await createVault([next]).open('a', again)).toBe('secret')
    await expect(createVault([next]).open('a', sealed)).rejects.toThrow(Unopenable)
    expect(await createVault([next]).renew('a', sealed)).toBeUndefined()
  })

  test('opens nothing under another name, and nothing that was changed', async () => {
    const vault = createVault([newKey()])
    const sealed = await vault.seal('connection a', 'secret')
    await expect(vault.open('connection b', sealed)).rejects.toThrow(Unopenable)
    const parts = sealed.split('.')
    for (const at of parts.keys()) {
      const changed = parts.map((part, index) => (index === at ? `${part.slice(0, -2)}AA` : part)).join('.')
      if (changed === sealed) continue
      await expect(vault.open('connection a', changed)).rejects.toThrow(Unopenable)
    }
    await expect(vault.open('connection a', 'no JWE')).rejects.toThrow(/ENCRYPTION_KEY/)
  })
})

describe('ENCRYPTION_KEY', () => {
  const [one, other] = [base64(newKey()), base64(newKey())]
  test.each([
    { text: one, keys: 1 },
    { text: `${one},${other}`, keys: 2 },
    { text: ` ${one} , ${other} `, keys: 2 },
    { text: '', keys: undefined },
    { text: 'secret', keys: undefined },
    { text: `${one},`, keys: undefined },
    { text: base64(Uint8Array.from(randomBytes(16))), keys: undefined },
  ])('$keys keys in a text of $text.length characters', ({ text, keys }) => {
    expect(readKeys(text)?.length).toBe(keys)
  })
})
