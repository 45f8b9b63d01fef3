import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { exact, exactText, minus, quotient } from '../../src/reports/exact.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'
import { here, trial } from '../cli/cli.ts'
import { day, told } from './readings.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, 'report', ...args)
const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).stdout)

/** A real store with these readings, and their meters in service. */
const stored = (drafts: readonly Draft[]): void => {
  const store = openStore({
    directory: join(box.directory, 'state'),
    kek: loadKek(join(box.directory, 'kek')),
    clock: manualClock(Date.UTC(2026, 10, 24)),
  })
  store.meters.put([...new Set(drafts.map(({ meter }) => meter!))].map((meter) => ({ meter })))
  for (const draft of drafts) store.outbox.add(draft)
  store.close()
}

const heat = (volume: string, e8: string, e9: string, unit = 'm3·°C') =>
  ({ volume: [volume, 'm3'], volumeFlowTemperature: [e8, unit], volumeReturnTemperature: [e9, unit] }) as const

describe('exact', () => {
  const value = fc.record({ raw: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), places: fc.nat(5) })

  test('a difference is exact, whatever the decimals', () => {
    fc.assert(
      fc.property(value, fc.bigInt(), fc.nat(5), (a, raw, more) => {
        const [fine, coarse] = [{ raw, places: a.places + more }, a]
        expect(minus(coarse, fine)).toEqual({ raw: a.raw * 10n ** BigInt(more) - raw, places: fine.places })
        expect(minus(fine, coarse).raw).toBe(-minus(coarse, fine).raw)
        expect(exact(exactText(fine))).toEqual(fine)
      }),
    )
  })

  test('a quotient is off by half a digit at most', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        fc.pre(b.raw !== 0n)
        const q = exact(quotient(a, b, 2))!
        // |a/b − q| ≤ 0.005, in integers.
        const [n, d] = [a.raw * 10n ** BigInt(b.places + 2), b.raw * 10n ** BigInt(a.places)]
        const off = 2n * (n - q.raw * d)
        return (off < 0n ? -off : off) <= (d < 0n ? -d : d)
      }),
    )
  })

  test.each([
    ['1/3', '1', '3', '0.33'],
    ['-2/3', '-2', '3', '-0.67'],
    ['0.5/100', '0.5', '100', '0.01'],
    ['-0.001/1', '-0.001', '1', '0.00'],
  ])('%s', (_, a, b, expected) => expect(quotient(exact(a)!, exact(b)!, 2).replace(/^-(?=0\.00$)/, '')).toBe(expected))
})

describe('cooling', () => {
  test('is exact, with what the last digits leave open, the greatest excess first', async () => {
    stored([
      told(0, { registers: heat('2000.00', '140000', '80000') }),
      told(10, { registers: heat('2030.00', '142100', '81500') }),
      // Cooled to 30 °C.
      told(0, { meter: 'KAM-00000002', registers: heat('10.00', '700', '300') }),
      told(10, { meter: 'KAM-00000002', registers: heat('40.00', '2800', '1200') }),
    ])
    const found = await json('cooling')
    // 30 m3 at 70 °C, back at 50: at 40 °C the same heat takes 20 m3.
    expect(found.meters).toEqual([
      {
        ...{ meter: 'KAM-00000001', installation: 'P-1', from: day(0), to: day(10) },
        ...{ volume: '30.00', flow: '70.00', return: '50.00', resolution: '0.06', excess: '10.00' },
      },
      expect.objectContaining({ meter: 'KAM-00000002', return: '30.00', excess: '-10.00' }),
    ])
    expect((await json('cooling', '--target', '30')).meters.map((m: { excess: string }) => m.excess)).toEqual(['15.00', '0.00'])
    expect((await json('cooling', '--target', '70')).meters.map((m: { excess: string }) => m.excess)).toEqual([null, null])
    const csv = (await cli('cooling', '--csv')).stdout.split('\n')
    expect(csv[0]).toBe('meter,installation,from,to,volume_m3,flow_c,return_c,resolution_k,excess_m3')
    expect(csv[1]).toBe(`KAM-00000001,P-1,${day(0)},${day(10)},30.00,70.00,50.00,0.06,10.00`)
  })

  test.each([
    ['7 days and 1 m3 are enough', 7, heat('11.00', '170', '140'), {}, 1],
    ['6 days are too short', 6, heat('11.00', '170', '140'), { 'too-short': 1 }, 0],
    ['0.99 m3 is too little', 7, heat('10.99', '170', '140'), { 'too-little': 1 }, 0],
    ['a register that went backwards', 7, heat('11.00', '170', '99'), { backwards: 1 }, 0],
    ['other decimals', 7, heat('11.0', '170', '140'), { unit: 1 }, 0],
    ['no E9', 7, { volume: ['11.00', 'm3'] } as const, { 'too-short': 1 }, 0],
  ])('%s', async (_, days, last, leftOut, meters) => {
    stored([told(0, { registers: heat('10.00', '100', '100') }), told(days, { registers: last })])
    const found = await json('cooling')
    expect(found.leftOut).toMatchObject(leftOut)
    expect(found.meters).toHaveLength(meters)
  })

  test('knows that E9 counts in tens where the volume counts in tenths', async () => {
    stored([told(0, { registers: heat('10.0', '700', '300') }), told(10, { registers: heat('40.0', '2800', '1800') })])
    expect((await json('cooling')).meters).toMatchObject([{ return: '50.00', resolution: '0.51' }])
  })

  test('takes no doubtful reading for an end', async () => {
    stored([
      told(0, { registers: heat('10.00', '700', '300') }),
      told(8, { registers: heat('20.00', '1400', '600') }),
      told(9, { registers: heat('99.00', '9999', '999'), flags: ['volume.spike'] }),
    ])
    expect((await json('cooling')).meters).toMatchObject([{ to: day(8), return: '30.00' }])
  })
})

describe('conditions', () => {
  const one = (n: number, conditions?: string[]) =>
    told(n, { registers: { energy: [String(n), 'kWh'] }, ...(conditions && { conditions }) })

  test('say since when, and when they were over; a day without a status tells nothing', async () => {
    stored([one(0, []), one(1, ['low battery']), one(2), one(3, ['low battery', 'leak']), one(5, ['leak'])])
    expect(await json('conditions')).toEqual([
      { meter: 'KAM-00000001', installation: 'P-1', condition: 'leak', since: day(3), orEarlier: false, last: day(5), cleared: null },
      {
        meter: 'KAM-00000001',
        installation: 'P-1',
        condition: 'low battery',
        since: day(1),
        orEarlier: false,
        last: day(3),
        cleared: day(5),
      },
    ])
    expect(await json('conditions', '--open')).toHaveLength(1)
    expect((await cli('conditions')).stdout).toContain('1 condition of 1 meter last, 1 cleared')
  })

  test('may be older than the span, and come again', async () => {
    stored([one(0, ['leak']), one(1, []), one(2, ['leak'])])
    expect(await json('conditions')).toMatchObject([
      { since: day(2), orEarlier: false, cleared: null },
      { since: day(0), orEarlier: true, cleared: day(1) },
    ])
    expect(await json('conditions', '--from', day(1))).toMatchObject([{ since: day(2), orEarlier: false }])
  })
})

describe('high', () => {
  /** 10 meters over 35 days; in the last 7 the cold doubles what all take, and the first takes `more` times that. */
  const city = (more: number, last = (kWh: number): string => String(kWh)) =>
    Array.from({ length: 10 }, (_, m) =>
      [0, 28, 35].map((n) => {
        const kWh = n <= 28 ? 20 * n : 20 * 28 + Math.round(7 * 40 * (m === 0 ? more : 1))
        return told(n, { meter: `KAM-0000000${m}`, registers: { energy: [n === 35 && m === 0 ? last(kWh) : String(kWh), 'kWh'] } })
      }),
    ).flat()

  test('is a share far above the usual one', async () => {
    stored(city(2))
    const found = await json('high')
    // 80 of 440 kWh a day instead of a tenth of them.
    expect(found).toMatchObject({ from: day(0), split: day(28), to: day(35), compared: 10, leftOut: 0 })
    expect(found.meters).toEqual([
      { meter: 'KAM-00000000', installation: 'P-0', share: 0.181818, usualShare: 0.1, times: 1.82, extraKwhPerDay: 36 },
    ])
    expect((await json('high', '--factor', '1.9')).meters).toEqual([])
  })

  test.each([
    ['a cold week that all have', city(1), 10],
    ['a little more than the others', city(1.4), 10],
    ['a register that went backwards', city(2, () => '1'), 9],
    ['a register in MWh, whose last digit explains it', city(2, () => '1.1').map(inMwh), 10],
  ])('is not %s', async (_, drafts, compared) => {
    stored(drafts)
    expect(await json('high')).toMatchObject({ compared, meters: [] })
  })

  test('says so before anything is stored', async () => {
    expect((await cli('high')).stdout).toContain('no reading is stored yet')
    expect(await json('cooling')).toMatchObject({ meters: [] })
    expect(await json('conditions')).toEqual([])
  })
})

/** The first meter counts in tenths of a MWh. */
function inMwh(draft: Draft): Draft {
  if (draft.meter !== 'KAM-00000000') return draft
  const n = Math.round((Date.parse(draft.day!) - Date.parse(day(0))) / 86_400_000)
  return told(n, { meter: draft.meter, registers: { energy: [n === 35 ? '1.1' : (Math.floor(n / 5) / 10).toFixed(1), 'MWh'] } })
}
