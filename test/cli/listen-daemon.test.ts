import { spawn as spawnOnTerminal } from 'node-pty'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { manualClock, now } from '../../src/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { program } from '../support/compiled.ts'
import { integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { here, trial } from './cli.ts'

const SLOW = 60_000
const WAIT = { timeout: 30_000, interval: 20 }
const heat: Sender = { manufacturer: 'KAM', id: '71000042', version: 0x34, type: 0x04 }
const water: Sender = { manufacturer: 'AXI', id: '05000001', version: 0x10, type: 0x07 }

const box = trial()
let gateway: Gateway
const clock = manualClock(Date.UTC(2026, 10, 24))
const start = async (unlisted: 'count' | 'list'): Promise<void> => {
  box.write(
    'varmesky.yaml',
    `gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nmeters: { unlisted: ${unlisted} }\n`,
  )
  gateway = await startGateway({ config: box.config(), clock, log: silentLog, version: '0', kek: null, receivers: [], sinks: [] })
  gateway.store.meters.put([{ meter: 'KAM-71000042' }])
}
let accessNumber = 0
const hear = (meter: Sender, rssi: number, more: readonly { receiver: string; rssi: number }[] = []): void => {
  const bytes = stripped(meter, shortHeader(meter, record('04 06', integer(1, 4)), { accessNumber: accessNumber++ }))
  for (const by of [{ receiver: 'mast', rssi }, ...more]) gateway.receive({ bytes, crc: 'stripped', heard: now(clock), mode: 'c1', ...by })
}
afterEach(() => gateway.stop())

describe('listen without arguments', () => {
  it('shows what the running daemon hears', { timeout: SLOW }, async () => {
    await start('list')
    hear(heat, -71)
    hear(heat, -72, [
      { receiver: 'roof', rssi: -66 },
      { receiver: 'yard', rssi: -91 },
    ])
    hear(water, -90)
    clock.advance(5000)
    const { status, stdout } = await here('--config', box.file, 'listen', '--sort', 'dbm')
    const [, ...rows] = stdout.trim().split('\n')
    expect(rows).toEqual([
      expect.stringMatching(/^KAM-71000042 +heat +-66 +c1 +no +2 +5 s ago +mast -72, roof -66, yard -91/),
      expect.stringMatching(/^AXI-05000001 +water +-90 +c1 +no +1 +5 s ago +mast/),
    ])
    expect(status).toBe(0)
    expect((await here('--config', box.file, 'listen', '--type', 'heat')).stdout).not.toContain('AXI')
  })

  it('keeps nothing of other meters unless they are listed, and says so', { timeout: SLOW }, async () => {
    await start('count')
    hear(heat, -71)
    hear(water, -90)
    const { stdout, stderr } = await here('--config', box.file, 'listen')
    expect(stdout).not.toContain('AXI')
    expect(stderr).toMatch(/Registered meters only/)
  })

  it('asks again for more than one answer takes', { timeout: SLOW }, async () => {
    await start('list')
    for (let n = 0; n < 2500; n++) {
      hear({ ...water, id: String(10_000_000 + n) }, -50)
      if (n % 100 === 0) clock.advance(1)
    }
    const { stdout } = await here('--config', box.file, 'listen')
    expect(stdout.trim().split('\n')).toHaveLength(2501)
  })

  it('follows on a terminal', { timeout: SLOW }, async () => {
    await start('list')
    hear(heat, -71)
    const args = [program(), '--config', box.file, 'listen']
    const terminal = spawnOnTerminal(process.execPath, args, { cols: 120, rows: 12 })
    let output = ''
    terminal.onData((part) => {
      output += part
    })
    const ended = new Promise<number>((done) => terminal.onExit(({ exitCode }) => done(exitCode)))
    await vi.waitFor(() => expect(output).toMatch(/KAM-71000042 +heat +-71/), WAIT)
    clock.advance(1)
    hear(water, -90)
    await vi.waitFor(() => expect(output).toMatch(/AXI-05000001 +water +-90/), WAIT)
    terminal.write('\x03')
    expect(await ended).toBe(0)
  })

  it('has no telegrams to print, and says where the daemon is missing', { timeout: SLOW }, async () => {
    await start('list')
    expect(await here('--config', box.file, 'listen', '--jsonl')).toMatchObject({ status: 2, stderr: expect.stringMatching(/--capture/) })
    await gateway.stop()
    expect(await here('--config', box.file, 'listen')).toMatchObject({ status: 4, stderr: expect.stringMatching(/not running/) })
  })
})
