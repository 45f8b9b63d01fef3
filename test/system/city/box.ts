/**
 * A gateway on a clock that leaps from telegram to telegram. Telegrams come on standard input (`wire.ts`); at the end of a day it
 * waits until the broker has everything, and says on standard output, as JSON lines, what that took.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { manualClock, now, systemClock } from '../../../src/clock.ts'
import { loadConfig } from '../../../src/config.ts'
import { startGateway } from '../../../src/gateway.ts'
import { createLog } from '../../../src/log.ts'
import { loadKek } from '../../../src/store/meters/kek.ts'
import { configuredSinks } from '../../../src/ways-out.ts'
import { type Told, unpack } from './wire.ts'

const [configFile, startMs] = process.argv.slice(2) as [string, string]
const loaded = loadConfig(configFile)
if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
const { config } = loaded
const clock = manualClock(Number(startMs))
const log = createLog({ level: 'warn' })
const version = 'under test'
// The broker keeps the world's time.
const sinks = configuredSinks({ config, clock: systemClock(), log, version })
const gateway = await startGateway({ config, clock, log, version, kek: loadKek(config.kekFile), receivers: [], sinks, control: false })
const { outbox } = gateway.store

let stored = 0
outbox.onStored((messages) => (stored += messages.length))

const figure = (file: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1])
const sizeOf = (name: string): number => statSync(join(config.stateDirectory, name), { throwIfNoEntry: false })?.size ?? 0

const told = (): Told => ({
  utcMs: clock.utcMs()!,
  stored,
  outcomes: gateway.status().outcomes,
  rssBytes: figure('/proc/self/status', 'VmHWM') * 1024,
  writtenBytes: figure('/proc/self/io', 'write_bytes'),
  fileBytes: sizeOf('varmesky.db') + sizeOf('varmesky.db-wal'),
})

const isDrained = (): boolean => {
  const { live, backlog, held } = outbox.state('mqtt')
  return live + backlog + held + outbox.queue().waiting === 0
}
/** A starved machine answers so late that delivery gives up and waits for its next attempt. */
const STARVED_MS = 5_000
/** The clock stands still meanwhile: what is due by now goes out by now. */
const drained = async (): Promise<void> => {
  for (let sinceMs = performance.now(); !isDrained(); ) {
    await new Promise((done) => setTimeout(done, 2))
    if (performance.now() - sinceMs < STARVED_MS) continue
    clock.advance(1_000)
    sinceMs = performance.now()
  }
}

for await (const { utcMs, receiver, crc, bytes } of unpack(process.stdin)) {
  if (utcMs > clock.utcMs()!) clock.advanceTo(utcMs)
  if (bytes !== null) gateway.receive({ bytes, crc, heard: now(clock), receiver: `mast-${receiver}`, rssi: -80, mode: null })
  else {
    await drained()
    process.stdout.write(`${JSON.stringify(told())}\n`)
  }
}
process.stdout.write(`${JSON.stringify(told())}\n`)
await gateway.stop()
