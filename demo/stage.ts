/** Sets everything up: what is real and what is emulated, in one throw-away directory. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { loadConfig } from '../src/config.ts'
import { askDaemon } from '../src/control/client.ts'
import { socketPath } from '../src/control/protocol.ts'
import { type Gateway, startGateway } from '../src/gateway.ts'
import { createLog } from '../src/log.ts'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { buildReceiver } from '../src/receivers/build.ts'
import { createKekFile } from '../src/store/meters/kek.ts'
import { VERSION } from '../src/version.ts'
import { startAedes } from '../test/support/broker-aedes.ts'
import { type Billing, openBilling } from './billing.ts'
import { keyOf, nameOf, RESIDENTS } from './city.ts'
import { openStick, type Stick } from './im871a-stick.ts'
import type { LeapingClock } from './leaping-clock.ts'
import { isEncrypted } from './models.ts'

export interface Stage {
  readonly gateway: Gateway
  readonly stick: Stick
  readonly billing: Billing
  /** Telegrams the gateway has dealt with. */
  heard(): number
  /** Readings it has on disk … */
  stored(): number
  /** … and those of them that the broker took. */
  published(): number
  /** What it complained of, as its log has it. */
  readonly complaints: readonly string[]
}

export interface StageParts {
  readonly clock: LeapingClock
  readonly arrived: (reading: DailyReading) => void
  /** Is told how to undo each step once it is done; to be undone in reverse. */
  readonly undo: (step: () => unknown) => void
}

/** The first firmware that hears modes C and T at once. */
const FIRMWARE = 0x14
const CONTROL_MS = 10_000

export async function setStage({ clock, arrived, undo }: StageParts): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-demo-'))
  undo(() => rmSync(directory, { recursive: true }))
  const broker = await startAedes()
  undo(() => broker.stop())
  const billing = await openBilling(broker.port, arrived)
  undo(() => billing.close())
  const stick = await openStick()
  undo(() => stick.close())
  stick.setFirmware(FIRMWARE)

  const complaints: string[] = []
  const counts = { heard: 0, stored: 0 }
  const config = configure(directory, stick.path, broker.port)
  const log = createLog({ level: 'warn', to: { write: (line) => void complaints.push(line.trim()) } })
  // Hours over which the clock leaps are no silence of the stick: it is watched at the pace of the world.
  const { after, every } = systemClock()
  const gateway = await startGateway({
    config,
    clock,
    log,
    version: VERSION,
    kek: createKekFile(join(directory, 'kek')),
    receivers: config.receivers.map((spec) => buildReceiver(spec, { clock: { ...clock, after, every }, log })),
    observers: [{ outcome: () => void counts.heard++ }],
  })
  undo(() => gateway.stop())
  gateway.store.outbox.onStored((messages) => {
    counts.stored += messages.filter(({ kind }) => kind === 'reading.daily').length
  })
  await registerMeters(config.runtimeDirectory)
  const published = (): number => {
    const { live, backlog, held, refused } = gateway.store.outbox.state('mqtt')
    return counts.stored - live - backlog - held - refused
  }
  return { gateway, stick, billing, complaints, published, heard: () => counts.heard, stored: () => counts.stored }
}

/** Written as any configuration is (JSON is YAML), and read by the gateway's own reader. */
function configure(directory: string, at: string, port: number) {
  mkdirSync(join(directory, 'run'))
  const file = join(directory, 'varmesky.yaml')
  const settings = {
    gateway: 'demo',
    stateDirectory: 'state',
    runtimeDirectory: 'run',
    receivers: [{ name: 'mast', use: 'im871a', at, modes: ['c1', 't1'] }],
    mqtt: { url: `mqtt://127.0.0.1:${port}`, protocol: 4 },
  }
  writeFileSync(file, JSON.stringify(settings, null, 2))
  const loaded = loadConfig(file)
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}

/** Asks the running gateway over its control socket, as `varmesky meters import` does. */
async function registerMeters(runtimeDirectory: string): Promise<void> {
  const entries = RESIDENTS.filter(({ ours }) => ours).map((resident) => {
    const key = Buffer.from(keyOf(resident))
    if (resident.wrongKey) key[0]! ^= 1
    return { meter: nameOf(resident), key: isEncrypted(resident.model) ? key.toString('hex') : null }
  })
  await askDaemon(socketPath(runtimeDirectory), 'meters.put', { entries }, AbortSignal.timeout(CONTROL_MS))
}
