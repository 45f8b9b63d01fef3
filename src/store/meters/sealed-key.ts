import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { aesCmac } from 'node-aes-cmac'

/** Layout of a sealed key: 1 byte format, 12 bytes nonce, 16 bytes ciphertext, 16 bytes tag; 45 in all. */
const FORMAT = 1
const NONCE_END = 13
const TEXT_END = 29
const SEALED_BYTES = 45

/** Seals a meter's AES-128 key with AES-256-GCM under the key-encryption key; only the same meter can have it back. */
export const sealKey = (kek: Uint8Array, meter: string, key: Uint8Array): Uint8Array => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', kek, nonce).setAAD(binding(meter))
  const text = cipher.update(key)
  cipher.final()
  return Buffer.concat([Uint8Array.of(FORMAT), nonce, text, cipher.getAuthTag()])
}

/** The key back. Throws an error that names the meter if the sealed key is damaged, another meter's or under another KEK. */
export const unsealKey = (kek: Uint8Array, meter: string, sealed: Uint8Array): Uint8Array => {
  try {
    if (sealed.length !== SEALED_BYTES || sealed[0] !== FORMAT) throw new Error(`${sealed.length} bytes of format ${sealed[0]}`)
    const decipher = createDecipheriv('aes-256-gcm', kek, sealed.subarray(1, NONCE_END)).setAAD(binding(meter))
    decipher.setAuthTag(sealed.subarray(TEXT_END))
    const key = decipher.update(sealed.subarray(NONCE_END, TEXT_END))
    decipher.final()
    return Uint8Array.from(key)
  } catch (cause) {
    throw new Error(`The stored key of ${meter} is damaged or was sealed for another meter: import this meter's key again`, { cause })
  }
}

/** Tells key-encryption keys apart and nothing else about them: 8 hex digits. */
export const kekId = (kek: Uint8Array): string => createHash('sha256').update('varmesky-kek|v1|').update(kek).digest('hex').slice(0, 8)

/** What to say where keys are sealed with one KEK and another was given, both by their ids. */
export const otherKek = (sealed: string, given: string): string =>
  `The meter keys are sealed with key-encryption key ${sealed}, and this one is ${given}: put the right one back`

/** Key check value of a meter key: AES-CMAC over a zero block, its first three bytes as 6 hex digits (ANSI X9.24-1). */
export const keyCheck = (key: Uint8Array): string =>
  aesCmac(Buffer.from(key), Buffer.alloc(16), { returnAsBuffer: true }).toString('hex', 0, 3).toUpperCase()

/** What a sealed key is bound to: a row moved to another meter does not open. */
const binding = (meter: string): Buffer => Buffer.from(`varmesky-key|v1|${meter.slice(0, 3)}|${meter.slice(4)}`)
