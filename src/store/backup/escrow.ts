import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { kekId } from '../meters/sealed-key.ts'

/**
 * The key-encryption key under a passphrase: scrypt (RFC 7914) makes an AES-256-GCM key of it, and everything above `sealed` is
 * authenticated along. Bytes as hex; `sealed` is 32 bytes of ciphertext and the 16 of the tag.
 */
export interface Escrow {
  readonly kdf: 'scrypt'
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly cipher: 'aes-256-gcm'
  readonly nonce: string
  /** Tells which key-encryption key it is: `kekId`. */
  readonly kek: string
  readonly sealed: string
}

/** What scrypt asks of whoever knows the passphrase, and of each guess. */
export type Cost = Pick<Escrow, 'N' | 'r' | 'p'>

/** 128 MiB and about a second on a small box: a guess costs whoever guesses the same. */
const COST: Cost = { N: 2 ** 17, r: 8, p: 1 }
/** Bounds what a file that was made to hurt can ask for. */
const MOST_MEMORY = 192 * 1024 * 1024
const KEK_BYTES = 32

export const sealKek = async (kek: Uint8Array, passphrase: string, cost = COST): Promise<Escrow> => {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const header = { kdf: 'scrypt', ...cost, salt: hex(salt), cipher: 'aes-256-gcm', nonce: hex(nonce), kek: kekId(kek) } as const
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, header), nonce).setAAD(bound(header))
  const text = Buffer.concat([cipher.update(kek), cipher.final()])
  return { ...header, sealed: hex(Buffer.concat([text, cipher.getAuthTag()])) }
}

/** The key-encryption key back, or null where it does not open: then the passphrase is another one. */
export const openKek = async ({ sealed, ...header }: Escrow, passphrase: string): Promise<Uint8Array | null> => {
  const bytes = Buffer.from(sealed, 'hex')
  const key = await keyOf(passphrase, header)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(header.nonce, 'hex'), { authTagLength: 16 }).setAAD(bound(header))
    decipher.setAuthTag(bytes.subarray(KEK_BYTES))
    return Uint8Array.from(Buffer.concat([decipher.update(bytes.subarray(0, KEK_BYTES)), decipher.final()]))
  } catch {
    return null
  }
}

type Header = Omit<Escrow, 'sealed'>

/** One spelling of the header, whatever the order in the file. */
const bound = ({ kdf, N, r, p, salt, cipher, nonce, kek }: Header): Buffer =>
  Buffer.from(`varmesky-escrow|v1|${[kdf, N, r, p, salt, cipher, nonce, kek].join('|')}`)

/** In NFC, so that an "å" is the same from every keyboard. Rejects where the header asks for too much memory. */
const keyOf = (passphrase: string, { N, r, p, salt }: Header): Promise<Buffer> => {
  const options: ScryptOptions = { N, r, p, maxmem: MOST_MEMORY }
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'hex'), 32, options, (error, key) => (error ? reject(error) : resolve(key))),
  )
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
