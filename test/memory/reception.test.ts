import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receptions } from '../../src/memory/reception.ts'
import type { Outcome } from '../../src/outcome.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const outcome = (atMs: number, accessNumber: number | null, more: Partial<Outcome> = {}, rssi: number | null = -70): Outcome =>
  ({
    kind: 'observation',
    meter: 'KAM-00000001',
    reason: null,
    hearing: { by: [{ receiver: 'mast', rssi, relayed: false }] },
    telegram: { bytes: new Uint8Array(64), rssi, mode: 'c1', heard: { monotonicMs: atMs } },
    datagram: { bytes: new Uint8Array(64), ell: accessNumber === null ? null : { accessNumber: accessNumber % 256 }, tpl: null },
    ...more,
  }) as Outcome

describe('reception', () => {
  it('tells the interval at which a meter sends, whichever of its telegrams are heard', () => {
    const heard = fc.uniqueArray(fc.nat(2000), { minLength: 20, maxLength: 60 }).map((all) => all.sort((a, b) => a - b))
    fc.assert(
      fc.property(heard, fc.integer({ min: 10, max: 900 }), (numbers, seconds) => {
        fc.pre(numbers.some((n, i) => i > 0 && n - numbers[i - 1]! < 256))
        const all = receptions(0, 30 * DAY, 10)
        for (const n of numbers) all.outcome!(outcome(1000 * seconds * n, n))
        const [meter] = all.state(1000 * seconds * 2001).meters
        expect(meter!.intervalSeconds).toBeCloseTo(seconds, 6)
        expect(meter!.telegrams).toBe(numbers.length)
        expect(meter!.seconds).toBeCloseTo(seconds * (numbers.at(-1)! - numbers[0]!), 6)
      }),
      { numRuns: 50 },
    )
  })

  it('tells no interval of a meter that counts nothing', () => {
    const all = receptions(0, DAY, 10)
    for (const n of [0, 1, 2]) all.outcome!(outcome(1000 * n, null, { meter: 'KAM-00000001' }))
    for (const n of [0, 1, 2]) all.outcome!(outcome(1000 * n, 7, { meter: 'KAM-00000002' }))
    expect(all.state(3000).meters.map(({ intervalSeconds }) => intervalSeconds)).toEqual([null, null])
  })

  it('counts each telegram once, neighbours only on the channel, damaged ones for themselves', () => {
    const all = receptions(0, DAY, 2)
    all.outcome!(outcome(0, 1, {}, -70))
    all.outcome!(outcome(1000, 2, {}, -80))
    all.outcome!(outcome(1001, 2, { kind: 'duplicate' }))
    all.outcome!(outcome(2000, 1, { kind: 'unlisted', meter: 'KAM-99999999' }))
    all.outcome!(outcome(3000, 1, { kind: 'fault', reason: 'dll.crc', meter: null }))
    all.outcome!(outcome(3000, 1, { kind: 'fault', reason: 'ell.key-wrong', meter: 'KAM-00000002' }, null))
    all.outcome!(outcome(4000, 1, { meter: 'KAM-00000003' }))
    const state = all.state(10_000)
    expect(state).toMatchObject({ seconds: 10, telegrams: 5, damaged: 1, unknownMode: 0 })
    expect(state.airSeconds).toBeCloseTo(5 * 0.00656, 6)
    expect(state.meters).toEqual([
      { meter: 'KAM-00000001', telegrams: 2, rssi: -75, intervalSeconds: 1, seconds: 1 },
      { meter: 'KAM-00000002', telegrams: 1, rssi: null, intervalSeconds: null, seconds: 0 },
    ])
  })

  it('takes each telegram as strong as the receiver that heard it best', () => {
    const all = receptions(0, DAY, 10)
    const by = (...rssi: (number | null)[]) => rssi.map((dBm, n) => ({ receiver: `r${n}`, rssi: dBm, relayed: false }))
    const hearing = { firstMs: 0, times: 1, by: by(null), meter: null, observation: null }
    all.outcome!(outcome(0, 1, { hearing }))
    expect(all.state(1).meters[0]!.rssi).toBeNull()
    for (const heard of [by(null, -90), by(null, -90, -70), by(null, -90, -70, -95)]) {
      hearing.by = heard
      all.outcome!(outcome(5, 1, { kind: 'duplicate', hearing }))
    }
    expect(all.state(10).meters[0]!.rssi).toBe(-70)
    all.outcome!(outcome(1000, 2, { hearing: { ...hearing, by: by(-80) } }))
    all.outcome!(outcome(1001, 1, { kind: 'duplicate', hearing: { ...hearing, by: by(-10) } }))
    expect(all.state(2000).meters[0]).toMatchObject({ telegrams: 2, rssi: -75 })
  })

  it('forgets what is older than two windows', () => {
    const all = receptions(0, DAY, 10)
    all.outcome!(outcome(HOUR, 1))
    expect(all.state(2 * DAY - 1)).toMatchObject({ telegrams: 1, meters: [{ telegrams: 1 }] })
    expect(all.state(2 * DAY)).toMatchObject({ telegrams: 0, meters: [], seconds: 86_400 })
    all.outcome!(outcome(2 * DAY, 1))
    expect(all.state(9 * DAY)).toMatchObject({ telegrams: 0, meters: [] })
  })
})
