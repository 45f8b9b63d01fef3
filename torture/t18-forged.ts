import { ellPlain, frameA, hexOf, integer, join, noHeader, record, type Sender, shortHeader, stripped } from '../test/support/telegrams.ts'
import { metersOnAir } from '../test/system/meters.ts'
import { sayAndWait } from './air.ts'
import { askStatus } from './control.ts'
import { dice } from './dice.ts'
import { listening } from './listening.ts'
import { worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale } from './row.ts'

const METERS: Readonly<Record<Scale, number>> = { short: 30, usual: 300, full: 3_000 }
const START = Date.UTC(2026, 8, 30, 10)
const MINUTE_MS = 60_000

export const T18: Row = {
  id: 'T18',
  title: 'unencrypted telegrams in the name of meters with a key, telegrams cut short, bits of mode 5 flipped',
  limit: 'unencrypted: 100 % refused and told',
  mutation: { file: 'policy.js', find: "? 'policy.plain' : null", put: '? null : null' },
  async run(ground) {
    const { scale, seed } = ground
    const random = dice(seed)
    const meters = metersOnAir(METERS[scale] * 3, START).filter(({ key }) => key !== null)
    const { mast, daemon } = await listening(ground, meters, worldTime(START), true)
    const heard = async (lines: readonly Uint8Array[]) => {
      const before = await askStatus(daemon.socket)
      await sayAndWait(mast, daemon.socket, lines.map(hexOf))
      const after = await askStatus(daemon.socket)
      const more = (of: 'outcomes' | 'reasons', name: string): number => (after[of][name] ?? 0) - (before[of][name] ?? 0)
      return { read: more('outcomes', 'observation'), plain: more('reasons', 'policy.plain') }
    }
    // Their keys are proven: what comes now is held against what they said.
    for (const minute of [1, 2, 3]) await heard(meters.map((meter) => meter.telegram(START + minute * MINUTE_MS)))
    const forged = meters.flatMap(({ meter }) => PLAIN.map((make) => frameA(make(senderOf(meter)))))
    const plain = await heard(forged)
    const cut = await heard(meters.map((meter, n) => cutShort(meter.telegram(START + (60 + n) * MINUTE_MS), random.next())))
    const flips = await heard(
      meters
        .filter(({ meter }) => meter.startsWith('SON'))
        .map((meter, n) => flipped(meter.telegram(START + (90 + n) * MINUTE_MS), random.next())),
    )
    const alarmed = (daemon.log().match(/"meter\.downgrade"/g) ?? []).length
    return [
      note(`${forged.length} unencrypted`),
      atMost('not refused', forged.length - plain.plain, 0),
      atMost('read', plain.read, 0),
      holds(`told of ${alarmed} meters`, alarmed >= Math.min(meters.length, 20)),
      note(`cut short and read as far as they go ${cut.read}`),
      note(`of mode 5 with a flipped bit, which has no code, read ${flips.read}`),
    ]
  },
}

const senderOf = (meter: string): Sender => ({ manufacturer: meter.slice(0, 3), id: meter.slice(4), version: 0x34, type: 4 })
const records = join(record('0406', integer(9, 4)), record('0414', integer(9, 4)))

/** Every way to say the same without a key. */
const PLAIN: readonly ((sender: Sender) => Uint8Array)[] = [
  (sender) => stripped(sender, shortHeader(sender, records, { accessNumber: 1 })),
  (sender) => stripped(sender, shortHeader(sender, records, { accessNumber: 2, configurationField: 0x0500 })),
  (sender) => stripped(sender, noHeader(records)),
  (sender) => stripped(sender, ellPlain(noHeader(records), { accessNumber: 3 })),
]

/** Ends early, with right checksums: nobody was in its way. */
const cutShort = (frame: Uint8Array, chance: number): Uint8Array => {
  const plain = withoutCrc(frame)
  const end = 24 + Math.floor(chance * (plain.length - 25))
  return frameA(join([end - 1], plain.subarray(1, end)))
}

/** One bit behind the header. */
const flipped = (frame: Uint8Array, chance: number): Uint8Array => {
  const plain = withoutCrc(frame)
  const at = 15 + Math.floor(chance * (plain.length - 15))
  plain[at]! ^= 1 << (Math.floor(chance * 1_000) % 8)
  return frameA(plain)
}

const withoutCrc = (frame: Uint8Array): Uint8Array => {
  const blocks = [frame.subarray(0, 10)]
  for (let at = 12; at < frame.length; at += 18) blocks.push(frame.subarray(at, Math.min(at + 16, frame.length - 2)))
  return join(...blocks)
}
