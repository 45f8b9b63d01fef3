import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { manualClock, now } from '../../src/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import { integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { here, KEY, trial } from './cli.ts'

const SLOW = { timeout: 60_000 }
const WAIT = { timeout: 30_000, interval: 20 }
const heat: Sender = { manufacturer: 'KAM', id: '71000042', version: 0x34, type: 0x04 }
const key = Uint8Array.from(Buffer.from(KEY, 'hex'))
const wrong = new Uint8Array(16).fill(1)
const health = {
  name: 'mast',
  use: 'hex',
  at: 'stdin',
  state: 'receiving',
  trouble: null,
  telegrams: 0,
  bytes: 0,
  skipped: 0,
  badChecksums: 0,
} as const
/** How often its health was asked: by whoever waits. */
let asked = 0
const mast: Receiver = {
  name: 'mast',
  start: async () => {},
  stop: async () => {},
  health() {
    asked++
    return { ...health, reopened: 0, lastTelegramMs: null }
  },
}

describe('meters wait', SLOW, () => {
  const box = trial()
  const clock = manualClock(Date.UTC(2026, 10, 24))
  let gateway: Gateway
  let accessNumber = 0
  const hear = (by: readonly (readonly [string, number])[], sealedWith: Uint8Array = key): void => {
    const kWh = 79_846 + accessNumber
    const bytes = stripped(heat, shortHeader(heat, record('04 06', integer(kWh, 4)), { accessNumber: accessNumber++, key: sealedWith }))
    for (const [receiver, rssi] of by) gateway.receive({ bytes, crc: 'stripped', heard: now(clock), receiver, rssi, mode: 'c1' })
    clock.advance(1000)
  }
  const waiting = (...options: string[]) => here('--config', box.file, 'meters', 'wait', '71000042', ...options)
  /** Somebody waits: from now on telegrams are told to him. */
  const isAsked = async (): Promise<void> => {
    const before = asked
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before), WAIT)
  }

  beforeEach(async () => {
    box.write('varmesky.yaml', 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\n')
    const kek = new Uint8Array(32).fill(7)
    gateway = await startGateway({ config: box.config(), clock, log: silentLog, version: '0', kek, receivers: [mast], sinks: [] })
    gateway.store.meters.put([{ meter: 'KAM-71000042', key: key.slice(), label: 'Vej 1' }])
  })
  afterEach(() => gateway.stop())

  it('ends with the first observation: heard by whom, the key fits, the values', async () => {
    const ended = waiting()
    await isAsked()
    hear([['mast', -72]], wrong)
    for (let n = 0; n < 6; n++)
      hear([
        ['mast', -72],
        ['roof', -66],
      ])
    const { status, stdout, stderr } = await ended
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^KAM-71000042 +Vej 1\n/)
    expect(stdout).toMatch(/receivers +mast: receiving\n/)
    expect(stdout).toMatch(/heard +\d telegrams, the last \d+ s ago, at best -66 dBm: mast -72, roof -66\n/)
    expect(stdout).toMatch(/key +fits\n/)
    expect(stdout).toMatch(/observation +energy 798\d\d kWh\n/)
    expect(stdout).not.toContain('waits for')
  })

  it('says at its time-out what is missing, as JSON too', async () => {
    const { status, stdout, stderr } = await waiting('--timeout', '1s', '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ meter: 'KAM-71000042', telegrams: 0, key: null, observation: null })
    expect(stderr).toMatch(/Not yet: KAM-71000042 waits for its telegrams: is the number right/)
  })

  it('says at SIGINT what is missing: a key that fits', async () => {
    const ended = waiting()
    await isAsked()
    hear([['mast', -72]], wrong)
    process.emit('SIGINT')
    const { status, stdout, stderr } = await ended
    expect(status).toBe(1)
    expect(stdout + stderr).toMatch(/key +does not fit\n/)
    expect(stderr).toMatch(/waits for a key that fits.*meters set KAM-71000042 --key/)
  })

  it('needs a daemon and a registered meter', async () => {
    expect(await here('--config', box.file, 'meters', 'wait', 'KAM-71000043')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no registered meter/),
    })
    await gateway.stop()
    expect(await here('--config', box.file, 'meters', 'wait', 'KAM-71000042')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/not running/),
    })
  })
})
