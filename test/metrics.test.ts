import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configIn } from '../src/cli/command.ts'
import { manualClock, now } from '../src/clock.ts'
import { loadConfig } from '../src/config.ts'
import { type Gateway, startGateway } from '../src/gateway.ts'
import { createLog } from '../src/log.ts'
import { METRICS } from '../src/metrics/table.ts'
import { createKekFile, loadKek } from '../src/store/meters/kek.ts'
import { integer, record, shortHeader, stripped } from './support/telegrams.ts'

const SENDER = { manufacturer: 'KAM', id: '05300279', version: 0x34, type: 0x04 }
const clock = manualClock(Date.parse('2026-11-24T05:00:00Z'))
let directory: string
let logged: string[]
let gateway: Gateway | null

const write = (settings: string): string => {
  const file = join(directory, 'varmesky.yaml')
  writeFileSync(file, `gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\n${settings}`)
  return file
}
const start = async (settings: string): Promise<void> => {
  const config = configIn(write(settings))
  const log = createLog({ to: { write: (line: string) => void logged.push(line) } })
  gateway = await startGateway({ config, clock, log, version: '1.2.3', kek: loadKek(config.kekFile) })
}
const url = (): string => {
  const told = logged.map((line) => JSON.parse(line) as { url?: string }).find((line) => line.url)?.url
  if (!told) throw new Error(`no page: ${logged.join('')}`)
  return told
}
const scrape = async (): Promise<string> => (await fetch(url())).text()
const hear = (manufacturer: string): void => {
  const sender = { ...SENDER, manufacturer }
  const bytes = stripped(sender, shortHeader(sender, Uint8Array.from(record('0406', integer(7, 4)))))
  gateway!.receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'stick', rssi: null, mode: null })
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-metrics-'))
  createKekFile(join(directory, 'kek'))
  logged = []
  gateway = null
})
afterEach(async () => {
  await gateway?.stop()
  rmSync(directory, { recursive: true })
})

describe('metrics of a running gateway', () => {
  test('a scrape tells what came in and what waits, and names no meter', async () => {
    await start('stdout: false\ncsv:\n  directory: out\nmeters:\n  unlisted: list\nmetrics:\n  listen: 127.0.0.1:0\n')
    gateway!.store.meters.put([{ meter: 'KAM-05300279' }])
    expect(await scrape()).toContain('varmesky_telegrams_total{outcome="observation"} 0\n')
    hear('KAM')
    hear('DME')
    const page = await scrape()
    for (const line of [
      'varmesky_info{version="1.2.3"} 1',
      'varmesky_telegrams_total{outcome="observation"} 1',
      'varmesky_telegrams_total{outcome="unlisted"} 1',
      'varmesky_meters_registered 1',
      'varmesky_meters_heard_today 1',
      'varmesky_clock_known 1',
      'varmesky_store_ok 1',
      'varmesky_sink_messages{queue="backlog",sink="csv"} 0',
    ])
      expect(page).toContain(`${line}\n`)
    expect(page).toMatch(/^process_resident_memory_bytes \d{7,}$/m)
    expect(page).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
    expect(page).not.toContain('05300279')
    expect(await scrape(), 'a second scrape adds nothing').toContain('varmesky_telegrams_total{outcome="observation"} 1\n')
  })

  test('what was done about the silence of a receiver is told step by step', async () => {
    await start('receivers:\n  - { name: roof, use: hex, at: tcp://127.0.0.1:1 }\nmetrics:\n  listen: 127.0.0.1:0\n')
    const steps = (await scrape()).match(/^varmesky_receiver_recoveries_total.*$/gm)
    expect(steps).toEqual(
      ['asked', 'set up', 'reset', 'reopened'].map((step) => `varmesky_receiver_recoveries_total{receiver="roof",step="${step}"} 0`),
    )
  })

  test('what cannot be told is absent, not zero', async () => {
    await start('metrics:\n  listen: 127.0.0.1:0\n')
    expect(await scrape()).toMatch(/^varmesky_yesterday_readings 0$/m)
    const at = clock.utcMs()
    clock.setUtc(null)
    const page = await scrape()
    clock.setUtc(at)
    expect(page).toContain('varmesky_clock_known 0\n')
    expect(page).not.toMatch(/^varmesky_yesterday/m)
    expect(page).not.toMatch(/^varmesky_sms_modem_up/m)
  })

  test('nothing else is served, and nothing after the stop', async () => {
    await start('metrics:\n  listen: 127.0.0.1:0\n')
    const at = url()
    expect((await fetch(new URL('/', at))).status).toBe(404)
    expect((await fetch(at, { method: 'POST' })).status).toBe(405)
    await gateway!.stop()
    await expect(fetch(at)).rejects.toThrow()
  })

  test('without the setting there is no page; with a port that is taken the gateway runs without one', async () => {
    await start('')
    expect(url).toThrow('no page')
    await gateway!.stop()
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((listening) => other.once('listening', listening))
    const { port } = other.address() as { port: number }
    await start(`metrics:\n  listen: 127.0.0.1:${port}\n`)
    other.close()
    expect(logged.join('')).toContain('no metrics: the port cannot be had')
    expect(gateway!.status().gateway).toBe('box')
  })
})

test.each(['0.0.0.0:9464', '192.0.2.1:9464', '127.0.0.1', '127.0.0.1:99999', '[::]:9464', 'localhost.example:9464'])(
  '%s is refused',
  (listen) => {
    expect(loadConfig(write(`metrics:\n  listen: "${listen}"\n`))).toEqual({
      problems: [expect.stringContaining('metrics.listen: must be an address of this machine')],
    })
  },
)
test.each(['127.0.0.1:9464', 'localhost:9464', '[::1]:9464'])('%s is taken', (listen) => {
  expect(loadConfig(write(`metrics:\n  listen: "${listen}"\n`))).toMatchObject({ config: { metrics: { listen } } })
})

test('docs/metrics.md has every metric, and no other', () => {
  const rows = readFileSync('docs/metrics.md', 'utf8').match(/^\| `varmesky_\w+` \|.*$/gm)
  expect(rows).toEqual(METRICS.map(({ name, type, labels = [], help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`))
})
