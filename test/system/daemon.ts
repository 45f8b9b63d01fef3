/**
 * The gateway as `varmesky run` starts it, but for its clock: days last seconds, and what waits for somebody else (a broker's
 * acknowledgement, a connection) still waits as long as in the world. It notes, fsynced, every reading it was told is stored.
 */
import { fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { startGateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import type { StoredMessage } from '../../src/store/outbox/messages.ts'
import { configuredSinks } from '../../src/ways-out.ts'
import { fastClock } from './fast-clock.ts'
import { nameOf } from './journal.ts'

const [configFile, journalFile, fastTime] = process.argv.slice(2) as [string, string, string]
const loaded = loadConfig(configFile)
if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
const { config } = loaded
const clock = fastClock(JSON.parse(fastTime))
const { after, every } = systemClock()
const patient = { ...clock, after, every }
const log = createLog(config.log)
const version = 'under test'

const gateway = await startGateway({
  config,
  clock,
  log,
  version,
  kek: loadKek(config.kekFile),
  receivers: config.receivers.map((spec) => buildReceiver(spec, { clock: patient, log })),
  sinks: configuredSinks({ config, clock: patient, log, version }),
})

const journal = openSync(journalFile, 'a')
const note = (messages: readonly StoredMessage[]): void => {
  const readings = messages.filter(({ kind }) => kind === 'reading.daily')
  writeSync(journal, readings.map((message) => `${nameOf(message)}\n`).join(''))
  fsyncSync(journal)
}
// What was stored before anybody could listen: at this start, or right before the last kill.
const noted = new Set(readFileSync(journalFile, 'utf8').split('\n'))
note(gateway.store.outbox.readings({}).filter((message) => !noted.has(nameOf(message))))
gateway.store.outbox.onStored(note)

process.once('SIGTERM', () => void gateway.stop())
