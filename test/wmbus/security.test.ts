import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aesKey, applyCtr, authenticationCode, cbcMac, decryptCbc, ellCounter, mode5Vector } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { integer, join, linkAddress } from '../support/telegrams.ts'

const ADDRESS = { manufacturer: 0x0cae, id: 0x12345678, version: 1, deviceType: 4 }
const keys = fc.uint8Array({ minLength: 16, maxLength: 16 })
const byte = fc.nat(255)

describe('AES, held to node:crypto', () => {
  it('CBC opens whole blocks in place and touches nothing else', () => {
    fc.assert(
      fc.property(
        keys,
        byte,
        fc.integer({ min: 1, max: 15 }),
        fc.uint8Array({ minLength: 250, maxLength: 250 }),
        (key, access, blocks, bytes) => {
          const cipher = createCipheriv('aes-128-cbc', key, join(linkAddress(METER), new Uint8Array(8).fill(access))).setAutoPadding(false)
          const [from, to] = [3, 3 + 16 * blocks]
          const sealed = join(bytes.subarray(0, from), cipher.update(bytes.subarray(from, to)), bytes.subarray(to))
          decryptCbc(aesKey(key), mode5Vector(ADDRESS, access), sealed, from, blocks)
          expect(sealed).toEqual(bytes)
        },
      ),
    )
  })

  it('CTR is its own inverse over any range', () => {
    const session = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(keys, byte, session, fc.uint8Array({ maxLength: 250 }), fc.nat(20), (key, cc, sn, bytes, skipped) => {
        const from = Math.min(skipped, bytes.length)
        const counter = join(linkAddress(METER), [cc & 0xed], integer(sn, 4), [0, 0, 0])
        const sealed = join(bytes.subarray(0, from), createCipheriv('aes-128-ctr', key, counter).update(bytes.subarray(from)))
        applyCtr(aesKey(key), ellCounter(ADDRESS, cc, sn), sealed, from, sealed.length)
        expect(sealed).toEqual(bytes)
      }),
    )
  })
})

it('the last block of CBC is node:crypto’s, with a key that was not used before', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 9 }), fc.uint8Array({ minLength: 144, maxLength: 144 }), (key, count, bytes) => {
      const blocks = bytes.subarray(0, 16 * count)
      const sealed = createCipheriv('aes-128-cbc', key, new Uint8Array(16)).setAutoPadding(false).update(blocks)
      expect(cbcMac(aesKey(key), blocks)).toEqual(Uint8Array.from(sealed.subarray(-16)))
    }),
  )
})

describe('a key', () => {
  it.each([0, 15, 17, 32])('of %i bytes is none', (length) => {
    expect(() => aesKey(new Uint8Array(length))).toThrow('16 bytes')
  })

  it('is copied: what happens to the bytes it came from does not matter', () => {
    const bytes = new Uint8Array(16).fill(7)
    const key = aesKey(bytes)
    bytes.fill(0)
    expect(key.bytes).toEqual(new Uint8Array(16).fill(7))
  })
})

describe('a key that stays', () => {
  const many = Array.from({ length: 40 }, (_, n) => Uint8Array.from({ length: 16 }, (_, i) => 16 * n + i))
  const vector = mode5Vector(ADDRESS, 7)
  const counter = ellCounter(ADDRESS, 0x20, 5)
  /** What a key makes of a block, by either of its schedules. */
  const used = (key: ReturnType<typeof aesKey>) => {
    const [closed, stream] = [new Uint8Array(16), new Uint8Array(16)]
    decryptCbc(key, vector, closed, 0, 1)
    applyCtr(key, counter, stream, 0, 16)
    return [closed, stream, cbcMac(key, new Uint8Array(32)), authenticationCode(key, closed)]
  }

  it('does what one does that does not, among many that share their memory', () => {
    const staying = many.map((bytes) => aesKey(bytes, true))
    // Twice: the second time with the schedules of the first.
    for (const _ of [1, 2]) expect(staying.map(used)).toEqual(many.map((bytes) => used(aesKey(bytes))))
    expect(staying.map((key) => key.bytes)).toEqual(many)
  })

  it('shares memory, and one that does not stay shares none', () => {
    const buffersOf = (...stays: boolean[]) => {
      const keys = many.map((bytes) => aesKey(bytes, ...stays))
      for (const key of keys) used(key)
      return [keys.map((key) => key.bytes), keys.map((key) => key.encrypt!), keys.map((key) => key.decrypt!)].map(
        (parts) => new Set(parts.map(({ buffer }) => buffer)).size,
      )
    }
    for (const count of buffersOf(true)) expect(count).toBeLessThan(many.length / 2)
    expect(buffersOf(false)).toEqual(new Array(3).fill(many.length))
    expect(buffersOf()).toEqual(buffersOf(false))
  })

  it('is copied, too', () => {
    const bytes = new Uint8Array(16).fill(7)
    const key = aesKey(bytes, true)
    bytes.fill(0)
    expect(key.bytes).toEqual(new Uint8Array(16).fill(7))
  })
})
