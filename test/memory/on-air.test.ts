import { describe, expect, it } from 'vitest'
import { identify } from '../../src/identity.ts'
import { metersOnAir, type OnAir } from '../../src/memory/on-air.ts'
import type { Hearing } from '../../src/memory/recent.ts'
import type { Outcome, OutcomeKind } from '../../src/outcome.ts'
import { address, frame } from '../../src/wmbus/decode.ts'
import { integer, record, shortHeader, stripped } from '../support/telegrams.ts'

const MINUTE = 60_000
const memory = (unlisted: boolean, most = 100): OnAir => metersOnAir({ keepMs: MINUTE, most, unlisted, whose: identify })

const outcome = (
  kind: OutcomeKind,
  n: number,
  ms: number,
  rssi: number | null = null,
  by: Hearing['by'] = [{ receiver: 'mast', rssi, relayed: false }],
): Outcome => {
  const meter = { manufacturer: 'KAM', id: String(71_000_000 + n), version: 0x34, type: 0x04 }
  const bytes = stripped(meter, shortHeader(meter, record('04 06', integer(n, 4)), { key: new Uint8Array(16), accessNumber: 1 }))
  const heard = { bootId: 'boot', monotonicMs: ms, utcMs: null }
  const telegram = { bytes, crc: 'stripped', heard, receiver: by.at(-1)!.receiver, rssi, mode: 't1' } as const
  const hearing = { firstMs: ms, times: 1, by, meter: null, observation: null }
  const fields = { reason: null, observation: null, meter: `KAM-${meter.id}`, hearing }
  return { kind, telegram, datagram: address(frame(bytes, 'stripped')), ...fields }
}

describe('meters on the air', () => {
  const mast = { receiver: 'mast', rssi: -71.5, relayed: false }
  const roof = { receiver: 'roof', rssi: -60, relayed: false }
  const copy = { receiver: 'roof', rssi: -40, relayed: true }

  it('are told with where and how strongly they were heard', () => {
    const onAir = memory(false)
    onAir.outcome!(outcome('observation', 1, 10, -71.5))
    onAir.outcome!(outcome('duplicate', 1, 12, -60, [mast, roof]))
    expect(onAir.after(-1, 10, 20)).toMatchObject([{ rssi: -60, receivers: [mast, roof] }])
    onAir.outcome!(outcome('duplicate', 1, 13, -40, [mast, roof, copy]))
    expect(onAir.after(-1, 10, 20)).toMatchObject([{ rssi: -60, receivers: [mast, roof, copy] }])
    onAir.outcome!(outcome('fault', 1, 14, -75))
    expect(onAir.after(-1, 10, 20)).toEqual([
      {
        meter: 'KAM-71000001',
        manufacturer: 'KAM',
        type: 'heat',
        encrypted: 'mode 5',
        rssi: -75,
        mode: 't1',
        receivers: [{ ...mast, rssi: -75 }, roof, copy],
        telegrams: 2,
        lastMs: 14,
      },
    ])
  })

  it('that are not registered are remembered only where they may be', () => {
    for (const unlisted of [false, true]) {
      const onAir = memory(unlisted)
      onAir.outcome!(outcome('unlisted', 1, 10))
      onAir.outcome!(outcome('duplicate', 1, 11))
      expect(onAir.after(-1, 10, 20)).toHaveLength(unlisted ? 1 : 0)
    }
  })

  it('come after one another: nothing is told twice, and nothing of one moment is cut apart', () => {
    const onAir = memory(true)
    for (const [n, ms] of [1, 2, 3, 3, 3, 4].entries()) onAir.outcome!(outcome('unlisted', n, ms))
    const told = (afterMs: number): number[] => onAir.after(afterMs, 3, 5).map(({ lastMs }) => lastMs)
    expect(told(-1)).toEqual([1, 2, 3, 3, 3])
    expect(told(3)).toEqual([4])
    onAir.outcome!(outcome('unlisted', 0, 5))
    expect(onAir.after(4, 3, 5)).toMatchObject([{ meter: 'KAM-71000000', telegrams: 2 }])
  })

  it('are bounded in number and time', () => {
    const onAir = memory(true, 3)
    for (let n = 0; n < 5; n++) onAir.outcome!(outcome('unlisted', n, n))
    expect(onAir.after(-1, 10, 5).map(({ meter }) => meter)).toEqual(['KAM-71000002', 'KAM-71000003', 'KAM-71000004'])
    expect(onAir.after(-1, 10, MINUTE + 4)).toHaveLength(1)
    expect(onAir.after(-1, 10, MINUTE + 5)).toHaveLength(0)
  })
})
