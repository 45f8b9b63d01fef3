import { writeFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { type ManualClock, manualClock, now } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { type Life, SAFE_MS, startLife } from '../../src/daemon/life.ts'
import { beginStart, LIVED_MS } from '../../src/daemon/starts.ts'
import { startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { hardware } from '../cli/boxes.ts'
import { integer, record, shortHeader, stripped } from '../support/telegrams.ts'

const lives: Life[] = []
afterEach(async () => {
  for (const life of lives.splice(0)) await life.stop()
})

/** A daemon in a box of its own; its receiver is a closed port that is tried again and again. */
async function daemon({ crashed = 0 } = {}) {
  const box = hardware()
  const clock: ManualClock = manualClock(Date.UTC(2026, 10, 24, 12))
  const said: string[] = []
  const write = (settings: string): void =>
    writeFileSync(box.file, `gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\n${settings}`)
  write('receivers: [{ name: mast, use: lines, at: "tcp://127.0.0.1:1" }]\n')
  const load = () => loadConfig(box.file)
  const begin = ({ runtimeDirectory }: { runtimeDirectory: string }, only?: 'normal') => beginStart(runtimeDirectory, silentLog, only)
  const config = () => {
    const loaded = load()
    if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
    return loaded.config
  }
  for (let n = 0; n < crashed; n++) begin(config())
  const life = await startLife(config(), {
    ...{ clock, load, begin, log: silentLog },
    notifier: { reloading: () => void said.push('reloading'), ready: () => void said.push('ready') },
    start: (config, begin) => startGateway({ config, begin, clock, log: silentLog, version: '1', kek: loadKek(config.kekFile) }),
  })
  lives.push(life)
  const events = (): string[] => {
    const { outbox } = life.gateway().store
    outbox.flush()
    return outbox.pending('nobody', 'live', 100).flatMap(({ kind, id }) => (kind === 'event' ? [id.split('/')[1]!] : []))
  }
  return { box, clock, life, said, write, events, receivers: () => life.status()?.receivers.map(({ name }) => name) }
}

test('a reload puts the new configuration in force, and loses nothing that waits', async () => {
  const { life, said, write, events, receivers, clock } = await daemon()
  const sender = { manufacturer: 'KAM', id: '05300279', version: 0x34, type: 0x04 }
  life.gateway().store.meters.put([{ meter: 'KAM-05300279' }])
  const bytes = stripped(sender, shortHeader(sender, Uint8Array.from(record('0406', integer(7, 4)))))
  const hear = () => life.gateway().receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'mast', rssi: null, mode: null })
  expect(hear().kind).toBe('observation')
  write('receivers: [{ name: roof, use: lines, at: "tcp://127.0.0.1:1" }]\nmeters: { unlisted: list }\n')
  await life.reload()
  expect(said).toEqual(['reloading', 'ready'])
  expect(receivers()).toEqual(['roof'])
  expect(life.status()?.unlisted).toEqual([])
  expect(events()).toEqual(['config.reloaded'])
  clock.advance(36 * 3_600_000)
  life.gateway().store.outbox.flush()
  const [reading] = life.gateway().store.outbox.readings({ meter: 'KAM-05300279' })
  expect(reading).toMatchObject({ day: '2026-11-24' })
})

test('a configuration with a mistake changes nothing, and is told', async () => {
  const { life, said, write, events } = await daemon()
  const before = life.gateway()
  write('receivers: [{ name: roof, use: nothing, at: x }]\n')
  await life.reload()
  expect(life.gateway()).toBe(before)
  expect(events()).toEqual(['config.refused'])
  expect(said).toEqual(['reloading', 'ready'])
})

test('where the gateway does not start with the new configuration, it runs with the old one', async () => {
  const { life, events, receivers, box } = await daemon()
  writeFileSync(box.file, `gateway: box\nstateDirectory: kek/below-a-file\nruntimeDirectory: .\nkekFile: ./kek\n`)
  await life.reload()
  expect(receivers()).toEqual(['mast'])
  expect(events()).toEqual(['config.refused'])
})

test('after a crash loop nothing is received and nothing lost, and in time everything is tried again', async () => {
  const { life, clock, events, receivers } = await daemon({ crashed: 5 })
  expect(life.status()).toMatchObject({ mode: 'receivers-off', failedStarts: 5, receivers: [] })
  expect(events()).toEqual(['daemon.safe-mode'])
  clock.advance(SAFE_MS)
  await vi.waitUntil(() => life.status()?.mode === 'normal')
  expect(receivers()).toEqual(['mast'])
  await vi.waitUntil(() => events().includes('daemon.normal'))
})

test('a reload leaves safe mode at once; what lives then is no failed start any more', async () => {
  const { life, clock, box } = await daemon({ crashed: 9 })
  expect(life.status()).toMatchObject({ mode: 'store-only' })
  await life.reload()
  expect(life.status()).toMatchObject({ mode: 'normal' })
  clock.advance(LIVED_MS)
  expect(beginStart(box.directory, silentLog)).toMatchObject({ mode: 'normal', failed: 0 })
})

test('a part that does not stop is left behind, and the store is closed all the same', async () => {
  const box = hardware()
  const clock = manualClock(null)
  const loaded = loadConfig(box.file)
  if ('problems' in loaded) throw new Error('no configuration')
  const health = () => ({ name: 'stuck' }) as never
  const stuck = { name: 'stuck', start: async () => {}, stop: () => new Promise<void>(() => {}), health }
  const gateway = await startGateway({
    ...loaded,
    clock,
    log: silentLog,
    version: '1',
    kek: loadKek(box.kek),
    receivers: [stuck],
    sinks: [],
  })
  const stopped = gateway.stop()
  await new Promise((turn) => setImmediate(turn))
  clock.advance(10_000)
  await stopped
  const again = await startGateway({ ...loaded, clock, log: silentLog, version: '1', kek: loadKek(box.kek), receivers: [], sinks: [] })
  await again.stop()
})
