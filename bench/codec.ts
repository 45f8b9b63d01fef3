/**
 * Bytes → records and observation on one core, no result cache. The yardstick is `createDecipheriv` over the same
 * encrypted bytes, once per telegram, in the same run: ratios hold where absolute figures depend on the machine.
 */
import { createDecipheriv } from 'node:crypto'
import { decoderFor } from '../src/decoders/index.ts'
import { observe } from '../src/decoders/interpret.ts'
import { identify } from '../src/identity.ts'
import { meterName } from '../src/wmbus/address.ts'
import { address, frame, open } from '../src/wmbus/decode.ts'
import { type Protection, type Sample, samples } from './telegrams.ts'

const TELEGRAMS = 1_000
const HEARD = { bootId: 'bench', monotonicMs: 0, utcMs: 0 }

/** The whole way of one telegram; what it returns is used, so that nothing can be optimised away. */
function decodeOne({ bytes, key }: Sample): number {
  const d = open(address(frame(bytes, 'stripped')), key)
  const whose = identify(d)
  if (d.fault !== null || whose === null) throw new Error(`the bench's own telegram does not decode: ${d.fault}`)
  return observe(decoderFor(whose), d, meterName(whose), whose, HEARD, key !== null)!.measurements.length
}

const KEY = Buffer.alloc(16, 7)
const IV = Buffer.alloc(16, 9)

function decipherOne({ bytes }: Sample): number {
  const decipher = createDecipheriv('aes-128-cbc', KEY, IV).setAutoPadding(false)
  const whole = (bytes.length - 15) & ~15
  return decipher.update(bytes.subarray(15, 15 + whole)).length + decipher.final().length
}

/** Calls per second over ~100 ms. */
function rate(list: readonly Sample[], call: (sample: Sample) => number): number {
  const start = process.hrtime.bigint()
  let calls = 0
  let used = 0
  do {
    for (const sample of list) used += call(sample)
    calls += list.length
  } while (process.hrtime.bigint() - start < 100_000_000n)
  if (used === 0) throw new Error('nothing was decoded')
  return (calls * 1e9) / Number(process.hrtime.bigint() - start)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

export interface CodecResult {
  readonly protection: Protection
  readonly perSecond: number
  readonly ratio: number
}

/** Yardstick and decoder take turns, so that a busy machine slows both. */
function compare(protection: Protection, count: number): CodecResult {
  const list = samples(protection, TELEGRAMS)
  rate(list, decodeOne)
  const rounds = Array.from({ length: count }, () => ({ yardstick: rate(list, decipherOne), decoder: rate(list, decodeOne) }))
  const perSecond = median(rounds.map((r) => r.decoder))
  return { protection, perSecond, ratio: median(rounds.map((r) => r.decoder / r.yardstick)) }
}

export const benchCodec = (rounds: number): CodecResult[] =>
  (['plain', 'mode 5', 'ELL-CTR'] as const).map((protection) => compare(protection, rounds))
