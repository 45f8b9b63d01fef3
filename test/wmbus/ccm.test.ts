import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mode10Nonce, openCcm } from '../../src/wmbus/ccm.ts'
import { aesKey, applyCtr } from '../../src/wmbus/security.ts'
import { METER } from '../support/records.ts'
import { integer, join, linkAddress } from '../support/telegrams.ts'

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

/** As node:crypto seals: cipher text and tag. */
function sealed(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array, tagLength: number): Uint8Array {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: tagLength })
  cipher.setAAD(associated, { plaintextLength: plain.length })
  const text = cipher.update(plain)
  cipher.final()
  return join(text, cipher.getAuthTag())
}

const lengths = fc.record({
  tagLength: fc.constantFrom(4, 6, 8, 10, 12, 14, 16),
  associated: fc.integer({ min: 1, max: 600 }),
  plain: fc.integer({ min: 0, max: 600 }),
})

describe('AES-128-CCM, held to node:crypto', () => {
  it('opens in place whatever the lengths, and touches nothing else', () => {
    fc.assert(
      fc.property(
        lengths.chain((l) => fc.tuple(fc.constant(l.tagLength), bytes(16), bytes(13), bytes(l.associated), bytes(l.plain))),
        ([tagLength, key, nonce, associated, plain]) => {
          const text = join([1, 2, 3], sealed(key, nonce, associated, plain, tagLength), [4, 5])
          const tag = text.slice(3 + plain.length)
          expect(openCcm(aesKey(key), nonce, associated, text, 3, 3 + plain.length, tagLength)).toBe(true)
          expect(text).toEqual(join([1, 2, 3], plain, tag))
        },
      ),
      { examples: [[[8, new Uint8Array(16), new Uint8Array(13), new Uint8Array(270), new Uint8Array(4200)]]] },
    )
  })

  it('tells a change in any byte of the text, the tag, the associated data and the nonce', () => {
    const [key, nonce, associated, plain] = [16, 13, 7, 20].map((length) => Uint8Array.from({ length }, (_, i) => i))
    const opens = (text: Uint8Array, a = associated!, n = nonce!) => openCcm(aesKey(key!), n, a, text, 0, plain!.length, 8)
    const text = sealed(key!, nonce!, associated!, plain!, 8)
    const without = (all: Uint8Array, at: number) => all.with(at, all[at]! ^ 1)
    expect(opens(text.slice())).toBe(true)
    for (let at = 0; at < text.length; at++) expect(opens(without(text, at)), `text and tag, byte ${at}`).toBe(false)
    for (let at = 0; at < 7; at++) expect(opens(text.slice(), without(associated!, at)), `associated, byte ${at}`).toBe(false)
    for (let at = 0; at < 13; at++) expect(opens(text.slice(), associated, without(nonce!, at)), `nonce, byte ${at}`).toBe(false)
  })
})

describe('the nonce of security mode 10', () => {
  it('is the address as on air, 00 and the counter high byte first', () => {
    const address = { manufacturer: 0x0cae, id: 0x12345678, version: 1, deviceType: 4 }
    expect(mode10Nonce(address, 0xfe345678)).toEqual(join(linkAddress(METER), [0], integer(0xfe345678, 4).reverse()))
  })
})

it('AES-128-CTR counts on into the higher byte of its last two', () => {
  const [key, long] = [Uint8Array.from({ length: 16 }, (_, i) => i), Uint8Array.from({ length: 16 * 260 + 5 }, (_, i) => i)]
  const block = join(linkAddress(METER), new Array(8).fill(0))
  const sealedText = Uint8Array.from(createCipheriv('aes-128-ctr', key, block).update(long))
  const view = new DataView(block.buffer)
  const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => view.getUint32(at, true))
  applyCtr(aesKey(key), { w0: w0!, w1: w1!, w2: w2!, w3: w3! }, sealedText, 0, sealedText.length)
  expect(sealedText).toEqual(long)
})
