import { createHash } from 'node:crypto'
import { ellSession, frameA, integer, join, noHeader, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

/** A meter and what it sends. */
export interface MeterOnAir {
  /** `KAM-10000001`. */
  readonly meter: string
  readonly key: Uint8Array | null
  /** The frame it sends at a moment, format A. */
  telegram(utcMs: number): Uint8Array
}

type Send = (sender: Sender, records: Uint8Array, key: Uint8Array, n: number) => Uint8Array

/** One after the other: without a key, security mode 5, extended link layer with a session. */
const KINDS: readonly { readonly manufacturer: string; readonly keyed: boolean; readonly send: Send }[] = [
  { manufacturer: 'LUG', keyed: false, send: (sender, records, _key, n) => shortHeader(sender, records, { accessNumber: n & 0xff }) },
  { manufacturer: 'SON', keyed: true, send: (sender, records, key, n) => shortHeader(sender, records, { accessNumber: n & 0xff, key }) },
  {
    manufacturer: 'KAM',
    keyed: true,
    send: (sender, records, key, n) => ellSession(sender, noHeader(records), { accessNumber: n & 0xff, session: 16 * n, key }),
  },
]

const MINUTE_MS = 60_000

/** Their registers rise slowly from `sinceUtcMs` on: two gateways hear the same state often, and often not. */
export const metersOnAir = (count: number, sinceUtcMs: number): readonly MeterOnAir[] =>
  Array.from({ length: count }, (_, n) => {
    const { manufacturer, keyed, send } = KINDS[n % KINDS.length]!
    const sender: Sender = { manufacturer, id: String(10_000_000 + n), version: 0x34, type: 4 }
    const key = createHash('md5').update(sender.id).digest()
    return {
      meter: `${manufacturer}-${sender.id}`,
      key: keyed ? key : null,
      telegram(utcMs) {
        const minutes = Math.floor((utcMs - sinceUtcMs) / MINUTE_MS)
        const energy = record('0406', integer(1_000 * n + Math.floor((minutes + 7 * n) / 120), 4))
        const volume = record('0414', integer(100 * n + Math.floor((minutes + 11 * n) / 45), 4))
        const flowTemperature = record('0259', integer(6_000 + (minutes % 1_000), 2))
        return frameA(stripped(sender, send(sender, join(energy, volume, flowTemperature), key, minutes)))
      },
    }
  })
