import { describe, expect, test } from 'vitest'
import { socketPath } from '../../src/control/protocol.ts'
import { startControl } from '../../src/control/server.ts'
import { silentLog } from '../../src/log.ts'
import type { MeterReception, ReceptionState } from '../../src/memory/reception.ts'
import { compared, coverage } from '../../src/reports/coverage.ts'
import { here, trial } from '../cli/cli.ts'

const name = (n: number): string => `KAM-${String(n).padStart(8, '0')}`
const expected = (n: number) => Array.from({ length: n }, (_, i) => ({ meter: name(i), installation: null }))

/** Meters that send every 96 s for a day, from −50 dBm down by 1 dB each; `share` of what each sends is received. */
const received = (n: number, share: (i: number) => number, more: Partial<ReceptionState> = {}): ReceptionState => {
  const meters = Array.from(
    { length: n },
    (_, i): MeterReception => ({
      meter: name(i),
      telegrams: 1 + Math.round(900 * share(i)),
      rssi: -50 - i,
      intervalSeconds: 96,
      seconds: 86_400,
    }),
  )
  const telegrams = meters.reduce((sum, meter) => sum + meter.telegrams, 0)
  return { seconds: 86_400, telegrams, damaged: 0, airSeconds: telegrams * 0.00656, unknownMode: 0, meters, ...more }
}

describe('what limits', () => {
  test.each([
    ['nothing, where all come through', 40, received(40, () => 0.95), 'neither'],
    ['nothing, where the weakest lose a little', 40, received(40, (i) => (i < 30 ? 0.95 : 0.5)), 'neither'],
    ['distance, where the weakest lose most', 40, received(40, (i) => (i < 30 ? 0.95 : 0.4)), 'distance'],
    ['distance, where some are never heard', 50, received(40, () => 0.95), 'distance'],
    ['nothing, where they have not had the time', 50, received(40, () => 0.95, { seconds: 6 * 3600 - 1 }), 'neither'],
    ['collisions, where the strongest lose as much as the weakest', 40, received(40, () => 0.27), 'collisions'],
    ['both', 40, received(40, (i) => (i < 30 ? 0.5 : 0.1)), 'both'],
    ['unknown of 7 meters', 7, received(7, () => 0.3), 'unknown'],
  ])('%s', (_, registered, state, limit) => expect(coverage(expected(registered), state).load.limit).toBe(limit))

  // 7,000 meters, C1, every 96 s: 73 telegrams/s of 6.6 ms, of which e^(−2 · 0.48) come through.
  test('the load is that of ALOHA', () => {
    const state = received(20, () => 0.38, { airSeconds: 86_400 * 0.479 * 0.3836 })
    expect(coverage(expected(20), state).load).toMatchObject({ offered: 0.4835, undisturbed: 0.3802, received: 0.1837 })
  })
})

test('meters by SMS alone are no gap of the antenna', () => {
  const alone = new Set([36, 37, 38, 39, 0].map(name))
  const state = received(36, () => 0.95)
  expect(coverage(expected(40), state)).toMatchObject({ registered: 40, bySms: 0, never: 4, load: { limit: 'distance' } })
  const found = coverage(expected(40), state, alone)
  expect(found).toMatchObject({ registered: 36, bySms: 4, heard: 36, never: 0, load: { limit: 'neither' } })
  expect(found.meters.map(({ meter }) => meter)).toContain(name(0))
})

test('the weakest come first, those never heard before them, by 5 dB each in the histogram', () => {
  const meters: MeterReception[] = [
    { meter: name(0), telegrams: 9, rssi: -70, intervalSeconds: null, seconds: 1 },
    { meter: name(1), telegrams: 10, rssi: -100.1, intervalSeconds: null, seconds: 1 },
    { meter: name(2), telegrams: 11, rssi: null, intervalSeconds: null, seconds: 1 },
  ]
  const found = coverage(
    expected(4),
    received(0, () => 1, { meters }),
  )
  expect(found).toMatchObject({ registered: 4, heard: 3, tenTimes: 2, never: 1 })
  expect(found.meters.map(({ meter }) => meter)).toEqual([3, 1, 0, 2].map(name))
  expect(found.histogram).toEqual([
    { from: -70, meters: 1 },
    { from: -105, meters: 1 },
  ])
})

test('two antennas differ by who is heard, and by 6 dB or more', () => {
  const at = (...dBm: (number | null)[]) =>
    coverage(
      expected(dBm.length),
      received(0, () => 1, {
        meters: dBm.flatMap((rssi, i) =>
          rssi === null ? [] : [{ meter: name(i), telegrams: 1, rssi, intervalSeconds: null, seconds: 0 }],
        ),
      }),
    )
  const { meters, before, after } = compared(at(-70, -70, -70, -70, null, null), at(null, -76, -75.9, -64, -90, null))
  expect(meters.map(({ meter, change }) => [meter, change])).toEqual([
    [name(0), 'lost'],
    [name(1), 'weaker'],
    [name(3), 'stronger'],
    [name(4), 'gained'],
  ])
  expect([before.heard, after.heard]).toEqual([4, 4])
})

describe('report coverage', () => {
  const box = trial()
  const cli = (...args: string[]) => here('--config', box.file, 'report', 'coverage', ...args)

  test('says what is missing without a daemon', async () => {
    const result = await cli()
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain('it is not running')
  })

  test('asks the daemon, and compares what was saved', async () => {
    for (const n of [0, 1]) await here('--config', box.file, 'meters', 'add', name(n), '--no-key')
    const config = box.config()
    const state = received(1, () => 1)
    const control = await startControl({ path: socketPath(config.runtimeDirectory), actions: { reception: () => state }, log: silentLog })
    try {
      const text = (await cli()).stdout
      expect(text).toContain('heard 1 of 2 meters in 1 d: 1 ten times or more, 1 never')
      expect(text).toMatch(/KAM-00000001 .* 0 .*\n.*KAM-00000000/)
      expect((await cli('--csv')).stdout.split('\n')[0]).toBe('meter,installation,telegrams,dbm')
      const a = box.write('a.json', (await cli('--json')).stdout)
      const b = box.write(
        'b.json',
        JSON.stringify(
          coverage(
            expected(2),
            received(2, () => 1),
          ),
        ),
      )
      expect(JSON.parse((await cli('--compare', a, b, '--json')).stdout).meters).toMatchObject([{ meter: name(1), change: 'gained' }])
      expect((await cli('--compare', b)).stdout).toMatch(/KAM-00000001 .*lost/)
      expect((await cli('--compare', box.write('c.json', '[]'))).stderr).toContain('is no saved report')
      expect((await cli('--watch')).stderr).toContain('needs a terminal')
    } finally {
      await control.close()
    }
  })
})
