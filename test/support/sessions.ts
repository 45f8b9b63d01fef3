/**
 * Messages with session keys as meters send them: authentication layer (CI 90), security modes 7 and 10. AES-CMAC comes
 * from node-aes-cmac, AES-CCM from node:crypto.
 */
import { createCipheriv } from 'node:crypto'
import { aesCmac } from 'node-aes-cmac'
import { hex, integer, join, linkAddress, type Sender } from './telegrams.ts'

export const cmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  Uint8Array.from(aesCmac(Buffer.from(key), Buffer.from(message), { returnAsBuffer: true }))

/** KDF-A with constant 0 (encryption) or 1 (authentication). */
export const derive = (master: Uint8Array, constant: number, counter: number, sender: Sender): Uint8Array =>
  cmac(master, join([constant], integer(counter, 4), hex(sender.id).reverse(), new Array(7).fill(7)))

export interface AflFields {
  /** Message control MCL: its low four bits name the kind of MAC. */
  readonly control?: number
  /** KI, MCR and ML. */
  readonly keyInformation?: number
  readonly counter?: number
  readonly mac?: Uint8Array
  readonly length?: number
  /** Fragment number and the bit "more fragments follow". */
  readonly fragment?: number
  readonly more?: boolean
}

const PRESENT = { control: 0x2000, keyInformation: 0x0200, counter: 0x0800, mac: 0x0400, length: 0x1000 } as const
const SIZES = { control: 1, keyInformation: 2, counter: 4, length: 2 } as const

function fieldOf(f: AflFields, name: keyof typeof PRESENT): Uint8Array {
  if (name === 'mac') return f.mac ?? new Uint8Array()
  return f[name] === undefined ? new Uint8Array() : integer(f[name], SIZES[name])
}

/** CI 90, its length, FCL and the fields that are given. */
export function afl(f: AflFields): Uint8Array {
  const names = (Object.keys(PRESENT) as (keyof typeof PRESENT)[]).filter((name) => f[name] !== undefined)
  const bits = names.reduce((sum, name) => sum + PRESENT[name], (f.more ? 0x4000 : 0) + (f.fragment ?? 0))
  const fields = join(integer(bits, 2), ...names.map((name) => fieldOf(f, name)))
  return join([0x90, fields.length], fields)
}

/** The uncut MAC over MCL, KI, MCR, ML and the message. */
export const macOf = (f: AflFields, message: Uint8Array, key: Uint8Array): Uint8Array =>
  cmac(key, join(...(['control', 'keyInformation', 'counter', 'length'] as const).map((name) => fieldOf(f, name)), message))

export interface Mode7Options {
  readonly extension?: number
  /** MCR in the transport header. */
  readonly counter?: number
  readonly keyVersion?: number
}

/** CI 7A in mode 7 under the key: everything encrypted, 2F2F in front, filled up with 2F. */
export function mode7(records: Uint8Array, key: Uint8Array, o: Mode7Options = {}): Uint8Array {
  const blocks = Math.ceil((records.length + 2) / 16)
  const plain = join([0x2f, 0x2f], records, new Array(16 * blocks - 2 - records.length).fill(0x2f))
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
  const field = integer(0x0700 | (blocks << 4) | (o.counter === undefined ? 0 : 0x2000), 2)
  const counter = o.counter === undefined ? [] : integer(o.counter, 4)
  return join([0x7a, 0x75, 0x00], field, [o.extension ?? 0x10], counter, [o.keyVersion ?? []].flat(), cipher.update(plain))
}

/** CI 7A in mode 10 under the key: everything encrypted, a tag of 8 bytes at the end. */
export function mode10(records: Uint8Array, key: Uint8Array, counter: number, sender: Sender): Uint8Array {
  const header = join([0x7a, 0x75, 0x00], integer(0x2aff, 2), integer(0x0110, 2))
  const nonce = join(linkAddress(sender), [0], integer(counter, 4).reverse())
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 })
  cipher.setAAD(header, { plaintextLength: records.length })
  const sealed = cipher.update(records)
  cipher.final()
  return join(header, integer(counter, 4), sealed, cipher.getAuthTag())
}
