import { expect, it } from 'vitest'
import { manualClock, now } from '../src/clock.ts'
import { startGateway } from '../src/gateway.ts'
import { createLog } from '../src/log.ts'
import { loadKek } from '../src/store/meters/kek.ts'
import { trial } from './cli/cli.ts'
import { join as bytes, hex, integer, record, type Sender, shortHeader, stripped } from './support/telegrams.ts'

const box = trial()
const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const METER: Sender = { manufacturer: 'KAM', id: '71000001', version: 0x34, type: 4 }
const EVENING = Date.UTC(2026, 10, 23, 22, 50)
const DAY_MS = 86_400_000

it('at info no line says what a meter measured, whatever happens to it', async () => {
  const config = { ...box.config(), series: { purpose: 'to find a leak', keep: DAY_MS } }
  const clock = manualClock(EVENING)
  const lines: string[] = []
  const log = createLog({ level: 'info', to: { write: (line: string) => void lines.push(line) } })
  const start = () =>
    startGateway({ config, clock, log, version: '0', kek: loadKek(config.kekFile), receivers: [], sinks: [], control: false })
  let gateway = await start()
  gateway.store.meters.put([{ meter: 'KAM-71000001', key: KEY }])

  let sends = 0
  const said: number[] = []
  /** Its registers, and what it says of the moment. */
  const hear = (kWh: number, key: Uint8Array | null = KEY): void => {
    sends++
    const [litres, flow, power] = [kWh + 1_111, 48_151 + (kWh % 1_000), 62_342 + (kWh % 1_000)]
    said.push(kWh, litres, flow, power)
    const records = bytes(
      ...[
        record('0406', integer(kWh, 4)),
        record('0413', integer(litres, 4)),
        record('043B', integer(flow, 4)),
        record('042B', integer(power, 4)),
      ],
      record('02FD17', integer(0x10, 2)),
    )
    const telegram = stripped(METER, shortHeader(METER, records, { ...(key && { key }), accessNumber: sends & 0xff }))
    gateway.receive({ bytes: telegram, crc: 'stripped', heard: now(clock), receiver: 'roof', rssi: -80, mode: 't1' })
    clock.advance(60_000)
  }
  const closeDay = (): void => clock.advance(DAY_MS - 3 * 60_000)

  for (const kWh of [48_151_600, 48_151_601, 48_151_602]) hear(kWh)
  closeDay()
  // Falls, leaps, is unencrypted, of a wrong key, an old one.
  for (const kWh of [31_415_926, 98_765_432, 98_765_433]) hear(kWh)
  hear(48_151_700, null)
  hear(48_151_800, new Uint8Array(16))
  hear(48_151_601)
  closeDay()
  await gateway.stop()
  gateway = await start()
  for (const kWh of [98_765_500, 98_765_501, 98_765_502]) hear(kWh)
  closeDay()
  const readings = gateway.store.outbox.readings({})
  await gateway.stop()

  expect(readings).toHaveLength(3)
  expect(readings.flatMap(({ body }) => JSON.parse(body).quality.flags)).toEqual(
    expect.arrayContaining(['energy.spike', 'energy.decreased', 'conditions']),
  )
  const told = lines.map((line) => JSON.parse(line).event)
  for (const event of ['meter.downgrade', 'meter.key-wrong']) expect(told).toContain(event)
  const bodies = lines.join('')
  for (const value of new Set(said)) expect(bodies).not.toMatch(new RegExp(`(?<![0-9A-Za-z])${value}(?![0-9A-Za-z])|${value / 1000}`))
})
