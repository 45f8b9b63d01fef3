/** Telegrams of a thousand meters, each different, encrypted with node:crypto: what the bench decodes. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { crc16 } from '../src/wmbus/crc.ts'
import { aesKey, type Key } from '../src/wmbus/security.ts'

export type Protection = 'plain' | 'mode 5' | 'ELL-CTR'

export interface Sample {
  readonly bytes: Uint8Array
  readonly key: Key | null
}

const KAM = [0x2d, 0x2c]
const VERSION_AND_TYPE = [0x34, 0x04]
const FILLER = 0x2f

const le = (value: number, size: number): number[] => Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff)
const bcdId = (n: number): number[] => [...Buffer.from(String(10_000_000 + n), 'hex')].reverse()

/** The records of a MULTICAL 403's full frame, other values in each. */
function records(n: number): number[] {
  const register = (header: readonly number[], value: number, size = 4): number[] => [...header, ...le(value, size)]
  return [
    register([0x04, 0x06], 79_846 + 17 * n),
    register([0x04, 0xff, 0x07], 152_256 + 31 * n),
    register([0x04, 0xff, 0x08], 82_825 + 13 * n),
    register([0x04, 0x14], 223_249 + 7 * n),
    register([0x04, 0x3b], n % 900),
    register([0x02, 0x59], 7_000 + (n % 900), 2),
    register([0x02, 0x5d], 3_500 + (n % 700), 2),
    register([0x04, 0xff, 0x22], 0),
    register([0x04, 0x22], 43_489 + n),
    register([0x44, 0x06], 70_000 + n),
    register([0x44, 0x14], 200_000 + n),
    register([0x42, 0x6c], 0x2c9f, 2),
  ].flat()
}

const withLength = (body: readonly number[]): Uint8Array => Uint8Array.from([body.length, ...body])

function plain(n: number): Sample {
  return { bytes: withLength([0x44, ...KAM, ...bcdId(n), ...VERSION_AND_TYPE, 0x7a, n & 0xff, 0, 0, 0, ...records(n)]), key: null }
}

function mode5(n: number): Sample {
  const key = randomBytes(16)
  const accessNumber = n & 0xff
  const body = [FILLER, FILLER, ...records(n)]
  while (body.length % 16 !== 0) body.push(FILLER)
  const link = [...KAM, ...bcdId(n), ...VERSION_AND_TYPE]
  const cipher = createCipheriv('aes-128-cbc', key, Buffer.from([...link, ...Array<number>(8).fill(accessNumber)])).setAutoPadding(false)
  const sealed = [...cipher.update(Buffer.from(body))]
  return { bytes: withLength([0x44, ...link, 0x7a, accessNumber, 0, (body.length / 16) << 4, 0x05, ...sealed]), key: aesKey(key) }
}

function ell(n: number): Sample {
  const key = randomBytes(16)
  const link = [...KAM, ...bcdId(n), ...VERSION_AND_TYPE]
  const session = le(0x2000_0000 + 16 * n, 4)
  const payload = Uint8Array.from([0x78, ...records(n)])
  const crc = crc16(payload, 0, payload.length)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.from([...link, 0x20, ...session, 0, 0, 0]))
  const sealed = [...cipher.update(Buffer.from([...le(crc, 2), ...payload]))]
  return { bytes: withLength([0x44, ...link, 0x8d, 0x20, n & 0xff, ...session, ...sealed]), key: aesKey(key) }
}

const MAKERS: Readonly<Record<Protection, (n: number) => Sample>> = { plain, 'mode 5': mode5, 'ELL-CTR': ell }

export const samples = (protection: Protection, count: number): Sample[] => Array.from({ length: count }, (_, n) => MAKERS[protection](n))
