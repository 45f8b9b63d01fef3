import { beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { openStore } from '../../src/store/open.ts'
import { here, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

const reading = (
  id: string,
  day: string,
  energy: string,
  precedence: number,
  quality: DailyReading['quality'] = { state: 'valid', flags: [] },
): DailyReading => ({
  schema: 'varmesky.reading.daily/1',
  id: `KAM-${id}/${day}/${energy}`,
  meter: { manufacturer: 'KAM', id, version: 52, deviceType: 'heat', installation: '4711-02' },
  day,
  boundary: `${day}T23:00:00Z`,
  timeZone: 'Europe/Copenhagen',
  registers: {
    energy: { value: energy, unit: 'kWh', obis: '6-0:1.0.0*255' },
    volumeFlowTemperature: { value: '152256', unit: 'm3·°C', label: 'E8' },
  },
  momentary: { flowTemperature: { value: '70.90', unit: '°C' } },
  status: { code: '4', conditions: ['leak'] },
  evidence: { kind: 'boundary', observedAt: `${day}T23:00:04Z`, offsetSeconds: 4, clock: 'synchronized' },
  precedence,
  quality,
  security: { encryption: 'ell-ctr', integrity: 'crc' },
  source: { path: 'wmbus', gateway: 'box', decoder: 'kamstrup-heat/1' },
})

const STORED = [
  reading('00000001', '2026-11-22', '100', 2_000_000),
  reading('00000001', '2026-11-23', '110', 1_000_000, { state: 'suspect', flags: ['gap.before'] }),
  reading('00000001', '2026-11-23', '111', 2_000_000),
  reading('00000002', '2026-11-23', '7', 2_000_000),
]

beforeEach(() => {
  const store = openStore({ directory: box.config().stateDirectory, kek: null, clock: systemClock() })
  store.meters.put([{ meter: 'KAM-00000001', label: 'school' }, { meter: 'KAM-00000002' }])
  for (const body of STORED)
    store.outbox.add({
      kind: 'reading.daily',
      id: body.id,
      meter: `KAM-${body.meter.id}`,
      day: body.day,
      precedence: body.precedence,
      body: JSON.stringify(body),
    })
  store.close()
})

test('list shows the newest day, each meter once, with what counts', async () => {
  expect(await cli('readings', 'list')).toEqual({
    status: 0,
    stdout: [
      'DAY         METER         ENERGY   VOLUME  EVIDENCE  QUALITY',
      '2026-11-23  KAM-00000001  111 kWh  –       boundary  valid',
      '2026-11-23  KAM-00000002  7 kWh    –       boundary  valid',
      '',
    ].join('\n'),
    stderr: '2 readings\n',
  })
})

test('list of one day, of one meter, and of both', async () => {
  const energies = async (...options: string[]) =>
    JSON.parse((await cli('readings', 'list', '--json', ...options)).stdout).map(
      (r: DailyReading) => `${r.day} ${r.meter.id.slice(-1)} ${r.registers['energy']!.value}`,
    )
  expect(await energies('--day', '2026-11-22')).toEqual(['2026-11-22 1 100'])
  expect(await energies('--meter', 'school')).toEqual(['2026-11-23 1 111', '2026-11-22 1 100'])
  expect(await energies('--meter', 'KAM-2', '--day', '2026-11-22')).toEqual([])
})

test('show has the newest day, the evidence and the earlier states', async () => {
  const { status, stdout, stderr } = await cli('readings', 'show', 'school')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatchInlineSnapshot(`
    "METER                       KAM-00000001
    day                         2026-11-23, which ended 2026-11-23T23:00:00Z
    device                      heat, version 52
    installation                4711-02
    energy                      111 kWh
    volumeFlowTemperature (E8)  152256 m3·°C
    flowTemperature             70.90 °C
    status                      4 leak
    evidence                    boundary, observed 2026-11-23T23:00:04Z (4 s from the boundary), clock synchronized
    quality                     valid
    security                    encryption ell-ctr, integrity crc
    source                      wmbus, gateway box, decoder kamstrup-heat/1
    id                          KAM-00000001/2026-11-23/111
    precedence                  2000000

    Earlier states of this reading:
    DAY         METER         ENERGY   VOLUME  EVIDENCE  QUALITY
    2026-11-23  KAM-00000001  110 kWh  –       boundary  suspect gap.before
    "
  `)
})

test('show of another day, and as JSON with every state', async () => {
  expect((await cli('readings', 'show', 'school', '--day', '2026-11-22')).stdout).toContain('100 kWh')
  expect(JSON.parse((await cli('readings', 'show', 'school', '--json')).stdout)).toEqual([STORED[2], STORED[1]])
})

test('the last day is told where it is asked for', async () => {
  expect((await cli('meters', 'show', 'school')).stdout).toMatch(/^last reading +2026-11-23$/m)
  expect((await cli('status')).stdout).toBe('2 meters registered; last day 2026-11-23 with 2 readings\n')
})

test.each([
  [['show', 'school', '--day', '2026-11-30'], 1, 'There is no reading of KAM-00000001 for 2026-11-30.'],
  [['show', 'school', '--day', '30-11-2026'], 2, 'is not a day: write YYYY-MM-DD'],
  [['list', '--day', '2026-02-30'], 2, 'is not a day'],
  [['show', 'KAM-3'], 1, 'is no registered meter'],
])('readings %j ends with %i', async (args, status, message) => {
  expect(await cli('readings', ...args)).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) })
})
