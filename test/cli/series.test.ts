import { appendFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { manualClock, now } from '../../src/clock.ts'
import { startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { openStore } from '../../src/store/open.ts'
import { integer, join, record, shortHeader, stripped } from '../support/telegrams.ts'
import { here, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)
const MIDNIGHT = Date.UTC(2026, 10, 23, 23)
const HOUR_MS = 3_600_000
const PURPOSE = 'series: { purpose: finding leaks in the network, keep: 1d }\n'

const telegram = (id: string, kWh: number): Uint8Array => {
  const sender = { manufacturer: 'LUG', id, version: 4, type: 4 }
  return stripped(sender, shortHeader(sender, join(record('0406', integer(kWh, 4))), { accessNumber: kWh & 0xff }))
}

/** A gateway that hears two meters every 20 minutes for three hours, and goes on for so long. */
const runs = async (forMs: number): Promise<void> => {
  const clock = manualClock(MIDNIGHT)
  const store = openStore({ directory: box.config().stateDirectory, kek: null, clock })
  store.meters.put([{ meter: 'LUG-10000001' }, { meter: 'LUG-10000002', label: 'school' }])
  store.close()
  const gateway = await startGateway({ config: box.config(), clock, log: silentLog, version: 'test', kek: null, sinks: [], control: false })
  for (let n = 0; n < 9; n++) {
    clock.advanceTo(MIDNIGHT + (n * HOUR_MS) / 3 + 60_000)
    for (const id of ['10000001', '10000002'])
      gateway.receive({ bytes: telegram(id, 100 + n), crc: 'stripped', heard: now(clock), receiver: 'mast', rssi: null, mode: null })
  }
  clock.advance(forMs)
  await gateway.stop()
}

beforeEach(() => appendFileSync(box.file, PURPOSE))

test('hours are stored and exported, with the purpose', async () => {
  await runs(HOUR_MS)
  const { status, stdout, stderr } = await cli('readings', 'series', '--meter', 'school')
  expect([status, stdout]).toEqual([
    0,
    `hour,observed_at,meter,register,value,unit
2026-11-23T23:00:00Z,2026-11-23T23:41:00Z,LUG-10000002,energy,102,kWh
2026-11-24T00:00:00Z,2026-11-24T00:41:00Z,LUG-10000002,energy,105,kWh
2026-11-24T01:00:00Z,2026-11-24T01:41:00Z,LUG-10000002,energy,108,kWh
`,
  ])
  expect(stderr).toContain('3 hourly values, for: finding leaks in the network')
  const json = JSON.parse((await cli('readings', 'series', '--json', '--from', '2026-11-24', '--to', '2026-11-24')).stdout)
  expect(json).toMatchObject({ purpose: 'finding leaks in the network' })
  expect(json.values).toHaveLength(6)
  expect((await cli('audit', 'list')).stdout).toContain('hourly series')
  expect((await cli('readings', 'series', '--to', '2026-11-23')).stdout).toBe('hour,observed_at,meter,register,value,unit\n')
})

test('they go when they are older than their age', async () => {
  await runs(26 * HOUR_MS)
  expect(JSON.parse((await cli('readings', 'series', '--json')).stdout).values).toEqual([])
})

test('and when nobody says any more what for', async () => {
  await runs(HOUR_MS)
  const count = (): number => {
    const store = openStore({ directory: box.config().stateDirectory, kek: null, clock: manualClock(MIDNIGHT), readonly: true })
    const rows = store.series.list({}).length
    store.close()
    return rows
  }
  expect(count()).toBe(6)
  box.write('varmesky.yaml', 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\n')
  expect(await cli('readings', 'series')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('No purpose is stated') })
  await runs(2 * HOUR_MS)
  expect(count()).toBe(0)
})

test('a meter that is forgotten has none', async () => {
  await runs(HOUR_MS)
  await cli('meters', 'forget', 'school', '--yes')
  const { values } = JSON.parse((await cli('readings', 'series', '--json')).stdout)
  expect(values.map(({ meter }: { meter: string }) => meter)).toEqual(Array(3).fill('LUG-10000001'))
})
