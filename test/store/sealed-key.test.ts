import { randomBytes } from 'node:crypto'
import { cmac } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kekId, keyCheck, sealKey, unsealKey } from '../../src/store/meters/sealed-key.ts'
import { KEK } from './state.ts'

const METER = 'KAM-07134347'
const KEY = Uint8Array.from(Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex'))

describe('a sealed key', () => {
  test('opens for its meter, and is 45 bytes', () => {
    const sealed = sealKey(KEK, METER, KEY)
    expect(sealed.length).toBe(45)
    expect(unsealKey(KEK, METER, sealed)).toEqual(KEY)
  })

  test('never looks the same twice', () => {
    expect(sealKey(KEK, METER, KEY)).not.toEqual(sealKey(KEK, METER, KEY))
  })

  test.each(['KAM-07134348', 'LUG-07134347'])('does not open for %s', (other) => {
    const sealed = sealKey(KEK, METER, KEY)
    expect(() => unsealKey(KEK, other, sealed)).toThrow(`The stored key of ${other} is damaged or was sealed for another meter`)
  })

  test('does not open with another key-encryption key', () => {
    expect(() => unsealKey(randomBytes(32), METER, sealKey(KEK, METER, KEY))).toThrow(/The stored key of KAM-07134347/)
  })

  test('does not open once a bit of it has changed or a piece is missing', () => {
    const sealed = sealKey(KEK, METER, KEY)
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const damaged = Uint8Array.from(sealed)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => unsealKey(KEK, METER, damaged)).toThrow(/import this meter's key again/)
      }),
    )
    for (let length = 0; length < sealed.length; length++) expect(() => unsealKey(KEK, METER, sealed.subarray(0, length))).toThrow()
  })

  test('that does not open says nothing about the key', () => {
    try {
      unsealKey(KEK, METER, Uint8Array.from(KEY))
      expect.unreachable()
    } catch (error) {
      const told = `${error} ${(error as Error).cause}`.toLowerCase()
      for (const secret of [KEY, KEK]) expect(told).not.toContain(Buffer.from(secret).toString('hex').slice(0, 8))
    }
  })
})

describe('key check value', () => {
  test('is AES-CMAC over a zero block, three bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (key) => {
        const expected = Buffer.from(cmac(new Uint8Array(16), key))
          .toString('hex', 0, 3)
          .toUpperCase()
        expect(keyCheck(key)).toBe(expected)
      }),
    )
  })

  test('of the key of RFC 4493', () => expect(keyCheck(KEY)).toBe('7AD386'))
})

test('a key-encryption key is told from another by 8 hex digits that are no part of it', () => {
  expect(kekId(KEK)).toMatch(/^[0-9a-f]{8}$/)
  expect(kekId(randomBytes(32))).not.toBe(kekId(KEK))
  expect(Buffer.from(KEK).toString('hex')).not.toContain(kekId(KEK))
})
