/** What of all that is sent is heard, in order: losses, doubles, damage, neighbours. */
import { type CityMeter, isCompact, telegramOf } from './meters.ts'

/** One telegram as a receiver hands it on. */
export interface Heard {
  /** Milliseconds since 1970 UTC. */
  readonly utcMs: number
  readonly meter: CityMeter
  /** The meter's number of this telegram. */
  readonly send: number
}

/** What becomes of a telegram that was heard. */
export interface OnAir {
  readonly bytes: Uint8Array
  readonly crc: 'A' | 'B'
  readonly receiver: 0 | 1
}

/** Of telegrams that were heard: the second antenna has it, too; another one came through damaged right before it. */
const DOUBLED = 0.1
const DAMAGED = 0.2

export const listenTo = (meters: readonly CityMeter[], random: () => number) => {
  /** The next telegram of each meter that is heard: the lost ones between are leapt over. */
  const leap = ({ kind }: CityMeter): number => 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - kind.heard))
  const next = meters.map((meter) => leap(meter) - 1)
  return {
    /** All until then, that moment excluded, by time. */
    until(untilMs: number): readonly Heard[] {
      const all: Heard[] = []
      for (const [n, meter] of meters.entries()) {
        const at = (): number => meter.firstMs + next[n]! * meter.kind.everyMs
        for (; at() < untilMs; next[n]! += leap(meter)) all.push({ utcMs: at(), meter, send: next[n]! })
      }
      return all.sort((a, b) => a.utcMs - b.utcMs)
    },
    onAir({ meter, utcMs, send }: Heard): readonly OnAir[] {
      const { crc } = meter.kind
      const bytes = telegramOf(meter, utcMs, send)
      const all: OnAir[] = [{ bytes, crc, receiver: 0 }]
      if (random() < DAMAGED) all.unshift({ bytes: damaged(bytes, random), crc, receiver: 1 })
      if (random() < DOUBLED) all.push({ bytes, crc, receiver: 1 })
      return all
    },
  }
}

/** A burst of ten bits behind the link layer's address, which any CRC of 16 bits sees. */
const damaged = (bytes: Uint8Array, random: () => number): Uint8Array => {
  const spoilt = Uint8Array.from(bytes)
  const at = 12 + Math.floor(random() * (bytes.length - 13))
  spoilt[at]! ^= 0x80 | Math.floor(random() * 0x80)
  spoilt[at + 1]! ^= Math.floor(random() * 4) << 6
  return spoilt
}

/**
 * Whether a gateway that has heard all before may believe it (docs/trust.md): it must know the records of compact frames, from a
 * full frame that counted, and the key of a meter is proven by its second telegram.
 */
export const believe = () => {
  const formats = new Set<number>()
  const met = new Set<CityMeter>()
  return ({ meter, send }: Heard): boolean => {
    const { version } = meter.kind
    if (isCompact(meter, send) && !formats.has(version)) return false
    if (!met.has(meter)) return !met.add(meter)
    formats.add(version)
    return true
  }
}
