import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { configIn } from '../src/cli/command.ts'
import { manualClock, now } from '../src/clock.ts'
import { startGateway } from '../src/gateway.ts'
import { silentLog } from '../src/log.ts'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { loadKek } from '../src/store/meters/kek.ts'
import { openStore } from '../src/store/open.ts'
import { here, trial } from './cli/cli.ts'
import { join as bytes, hex, integer, record, type Sender, shortHeader, stripped } from './support/telegrams.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const METER: Sender = { manufacturer: 'VMY', id: '10000001', version: 1, type: 0x04 }
const NAME = 'VMY-10000001'
const EVENING = Date.UTC(2026, 10, 23, 22, 55)

const energy = { name: 'energy', kind: 'register', pick: { quantity: 'energy' } }
const volume = { name: 'volume', kind: 'register', pick: { quantity: 'volume' } }
const write = (version: number, fields: readonly object[]): string =>
  box.write(
    'types/acme.json',
    JSON.stringify({ name: 'acme', version, meters: [{ manufacturer: 'VMY' }], clock: 'unknown', stamp: 'unknown', fields }),
  )

/** A gateway hears the meter on an evening, closes the day with the type as it is, and stops. */
async function closeADay(): Promise<void> {
  const config = configIn(box.file)
  const clock = manualClock(EVENING)
  const kek = loadKek(config.kekFile)
  const gateway = await startGateway({ config, clock, log: silentLog, version: 'test', kek, receivers: [], sinks: [], control: false })
  gateway.store.meters.put([{ meter: NAME, key: KEY }])
  for (const kWh of [98, 99, 100, 101]) {
    const records = bytes(record('0406', integer(kWh, 4)), record('0413', integer(7000 + kWh, 4)))
    const telegram = stripped(METER, shortHeader(METER, records, { key: KEY, accessNumber: kWh }))
    gateway.receive({ bytes: telegram, crc: 'stripped', heard: now(clock), receiver: 'roof', rssi: -80, mode: 't1' })
    clock.advance(60_000)
  }
  clock.advance(4 * 3_600_000)
  await gateway.stop()
}

const stored = (): DailyReading[] => {
  const store = openStore({ directory: box.config().stateDirectory, kek: null, clock: manualClock(EVENING), readonly: true })
  const readings = store.outbox.readings({}).map(({ body }): DailyReading => JSON.parse(body))
  store.close()
  return readings
}

beforeEach(async () => {
  mkdirSync(join(box.directory, 'types'))
  box.write('varmesky.yaml', 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nmeters: { types: ./types }\n')
  write(1, [energy])
  await closeADay()
})

describe('varmesky redecode', () => {
  it('finds nothing while the meter type is the same', async () => {
    expect(await cli('redecode')).toEqual({ status: 0, stdout: '', stderr: '1 telegram decoded again, 0 readings would differ\n' })
  })

  it('shows what a newer type reads in the same telegram, and changes nothing', async () => {
    write(2, [energy, volume])
    const { status, stdout, stderr } = await cli('redecode')
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/2026-11-23 +VMY-10000001 +registers\.volume +– +7\.101 m3 +acme\/1 → acme\/2\n$/),
    ])
    expect(stderr).toContain('Nothing was changed')
    expect(stored()).toHaveLength(1)
  })

  it('publishes the difference as a correction with its reason, which counts from then on, once', async () => {
    write(2, [energy, volume])
    const [before] = stored()
    expect(await cli('redecode', '--apply', '--reason', 'the volume was missing')).toMatchObject({ status: 0 })
    const [best, earlier, ...more] = stored()
    expect([earlier, more]).toEqual([before, []])
    expect(best).toMatchObject({
      registers: { energy: { value: '101' }, volume: { value: '7.101', unit: 'm3' } },
      correction: { number: 1, reason: 'the volume was missing', replaces: before!.id },
      evidence: before!.evidence,
      precedence: before!.precedence + 10_000_000,
      source: { decoder: 'acme/2' },
    })
    expect(await cli('redecode', '--apply')).toMatchObject({ stderr: '1 telegram decoded again, 0 readings would differ\n' })
    write(3, [energy])
    expect(await cli('redecode', '--apply')).toMatchObject({ status: 0 })
    expect(stored()[0]).toMatchObject({ correction: { number: 2, reason: 'decoded again with acme/3, before with acme/2' } })
  })

  it('says which telegram comes to no reading any more', async () => {
    write(2, [{ ...volume, pick: { quantity: 'mass' } }])
    const { stderr } = await cli('redecode', '--json')
    expect(stderr).toBe('')
    expect(JSON.parse((await cli('redecode', '--json')).stdout)).toEqual({
      telegrams: 1,
      failures: [{ meter: NAME, day: '2026-11-23', reason: 'no field of the meter type is in it' }],
      differences: [],
      applied: 0,
    })
  })

  it('finds nothing any more after two days', async () => {
    const config = configIn(box.file)
    const clock = manualClock(EVENING + 24 * 3_600_000)
    const kek = loadKek(config.kekFile)
    const gateway = await startGateway({ config, clock, log: silentLog, version: 'test', kek, receivers: [], sinks: [], control: false })
    expect(gateway.store.telegrams.list({})).toHaveLength(1)
    clock.advance(25 * 3_600_000)
    expect(gateway.store.telegrams.list({})).toHaveLength(0)
    await gateway.stop()
  })

  it.each([
    ['a day that is none', ['--since', 'yesterday'], 2],
    ['a meter nobody registered', ['--meter', 'VMY-1'], 1],
    ['a reason of two lines', ['--reason', 'a\nb'], 2],
  ])('refuses %s', async (_, args, status) => {
    expect(await cli('redecode', ...args)).toMatchObject({ status })
  })
})
