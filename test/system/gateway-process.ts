import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/clock.ts'
import { askDaemon } from '../../src/control/client.ts'
import { socketPath } from '../../src/control/protocol.ts'
import type { GatewayStatus } from '../../src/control/status.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { createKekFile } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { StoredMessage } from '../../src/store/outbox/messages.ts'
import type { FastTime } from './fast-clock.ts'
import { readJournal } from './journal.ts'
import type { MeterOnAir } from './meters.ts'

export interface GatewaySetup {
  /** Made if it is missing; everything of this gateway lies in it. */
  readonly directory: string
  readonly name: string
  readonly meters: readonly MeterOnAir[]
  /** Ports of loopback. */
  readonly receiver: number
  readonly broker: number
  readonly time: FastTime
}

/** A gateway in a process of its own, and what it leaves behind. */
export interface GatewayProcess {
  readonly name: string
  /** kill -9, whatever it is at, and another process in its place. */
  crash(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** kill -9 and no other, running or not. */
  discard(): void
  /** Of the running process; rejects while it is starting. */
  status(): Promise<GatewayStatus>
  journal(): ReadonlySet<string>
  /** After the end: what it stored, and SQLite's word for the health of the file. */
  state(): StateLeft
}

export interface StateLeft {
  readonly integrity: unknown
  readonly outbox: readonly StoredMessage[]
}

/** `daemon.ts`, built. */
const DAEMON = fileURLToPath(new URL('../../.varmesky/system/test/system/daemon.js', import.meta.url))

export const startGatewayProcess = (setup: GatewaySetup): GatewayProcess => {
  const { directory, name, time } = setup
  const state = join(directory, 'state')
  const files = { config: join(directory, 'varmesky.yaml'), journal: join(directory, 'journal'), log: join(directory, 'log') }
  prepare(setup, state, files.config)
  appendFileSync(files.journal, '')
  const log = openSync(files.log, 'a')
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [DAEMON, files.config, files.journal, JSON.stringify(time)], { stdio: ['ignore', log, log] })
    // Null: killed.
    return child.once('exit', (code) => code && console.error(`${name} ended with ${code}:`, readFileSync(files.log, 'utf8').slice(-2_000)))
  }
  let child = start()
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    if (!child.kill(signal)) throw new Error(`${name} had ended by itself`)
    return ended
  }
  return {
    name,
    async crash() {
      await end('SIGKILL')
      child = start()
    },
    stop: () => end('SIGTERM'),
    discard: () => void child.kill('SIGKILL'),
    status: async () => (await askDaemon(socketPath(join(directory, 'run')), 'status', {}, AbortSignal.timeout(5_000))) as GatewayStatus,
    journal: () => readJournal(files.journal),
    state: () => leftIn(state),
  }
}

const prepare = ({ directory, name, meters, receiver, broker }: GatewaySetup, state: string, configFile: string): void => {
  mkdirSync(join(directory, 'run'), { recursive: true })
  const kek = createKekFile(join(directory, 'kek'))
  const store = openStore({ directory: state, kek, clock: systemClock() })
  store.meters.put(meters)
  store.close()
  const config = {
    gateway: name,
    stateDirectory: 'state',
    runtimeDirectory: 'run',
    kekFile: './kek',
    receivers: [{ name: 'mast', use: 'hex', at: `tcp://127.0.0.1:${receiver}` }],
    mqtt: { url: `mqtt://127.0.0.1:${broker}` },
  }
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config))
}

const leftIn = (directory: string): StateLeft => {
  const db = new Sqlite(join(directory, 'varmesky.db'), { readonly: true })
  const integrity = db.pragma('integrity_check', { simple: true })
  db.close()
  const store = openStore({ directory, kek: null, clock: systemClock(), readonly: true })
  const outbox = store.outbox.readings({})
  store.close()
  return { integrity, outbox }
}
