/**
 * Bytes → records and observation on one core, no result cache, the telegrams of one meter or of thousands in turn, each
 * meter with a key of its own. The yardstick is `createDecipheriv` over the same bytes, once per telegram, in the same run:
 * ratios hold where absolute figures depend on the machine.
 */
import { createDecipheriv } from 'node:crypto'
import { decoderFor } from '../src/decoders/index.ts'
import { observe } from '../src/decoders/interpret.ts'
import { identify } from '../src/identity.ts'
import { meterName } from '../src/wmbus/address.ts'
import { address, frame, open } from '../src/wmbus/decode.ts'
import { PROTECTIONS, type Protection, type Sample, samples } from './telegrams.ts'

const METERS = [1, 10, 500, 10_000] as const
type Meters = (typeof METERS)[number]

const FEWEST_TELEGRAMS = 1_000
const HEARD = { bootId: 'bench', monotonicMs: 0, utcMs: 0 }

/** The whole way of one telegram; what it returns is used, so that nothing can be optimised away. */
export function decodeOne({ bytes, key }: Sample): number {
  const d = open(address(frame(bytes, 'stripped')), key)
  const whose = identify(d)
  if (d.fault !== null || d.mac === 'wrong' || whose === null) throw new Error(`the bench's own telegram does not decode: ${d.fault}`)
  return observe(decoderFor(whose), d, meterName(whose), whose, HEARD, key !== null)!.measurements.length
}

const KEY = Buffer.alloc(16, 7)
const IV = Buffer.alloc(16, 9)

function decipherOne({ bytes }: Sample): number {
  const decipher = createDecipheriv('aes-128-cbc', KEY, IV).setAutoPadding(false)
  const whole = (bytes.length - 15) & ~15
  return decipher.update(bytes.subarray(15, 15 + whole)).length + decipher.final().length
}

/** Calls in turn so short that whatever else the machine does slows yardstick and decoder, few meters and many, alike. */
const CALLS = 50
const TURNS = 20

type Call = (sample: Sample) => number

/** Nanoseconds of the next calls; they go on where the last ones stopped, so that a key rests until its turn comes. */
function runner(list: readonly Sample[], call: Call): () => number {
  let at = 0
  return () => {
    const start = process.hrtime.bigint()
    let used = 0
    for (let i = 0; i < CALLS; i++) {
      used += call(list[at]!)
      at = (at + 1) % list.length
    }
    if (used === 0) throw new Error('nothing was decoded')
    return Number(process.hrtime.bigint() - start)
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

export interface KeysResult {
  readonly protection: Protection
  readonly meters: Meters
  readonly perSecond: number
  /** Telegrams decoded in the time `createDecipheriv` needs for one. */
  readonly ratio: number
  /** Against the rate with ten meters. */
  readonly scale: number
}

/** Nanoseconds for the same number of telegrams, for each number of meters. */
type Round = readonly { readonly yardstick: number; readonly decoder: number }[]

function round(runners: readonly { readonly yardstick: () => number; readonly decoder: () => number }[]): Round {
  const spent = runners.map(() => ({ yardstick: 0, decoder: 0 }))
  for (let turn = 0; turn < TURNS; turn++)
    for (const [i, { yardstick, decoder }] of runners.entries()) {
      spent[i]!.yardstick += yardstick()
      spent[i]!.decoder += decoder()
    }
  return spent
}

function compare(protection: Protection, count: number): KeysResult[] {
  const lists = METERS.map((meters) => samples(protection, Math.max(meters, FEWEST_TELEGRAMS), meters))
  for (const list of lists) list.forEach(decodeOne)
  const runners = lists.map((list) => ({ yardstick: runner(list, decipherOne), decoder: runner(list, decodeOne) }))
  round(runners)
  const rounds = Array.from({ length: count }, () => round(runners))
  const ten = METERS.indexOf(10)
  return METERS.map((meters, i) => ({
    protection,
    meters,
    perSecond: (TURNS * CALLS * 1e9) / median(rounds.map((r) => r[i]!.decoder)),
    ratio: median(rounds.map((r) => r[i]!.yardstick / r[i]!.decoder)),
    scale: median(rounds.map((r) => r[ten]!.decoder / r[i]!.decoder)),
  }))
}

export const benchKeys = (rounds: number): KeysResult[] => PROTECTIONS.flatMap((protection) => compare(protection, rounds))
