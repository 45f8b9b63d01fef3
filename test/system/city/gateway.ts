/** The gateway under test in a process of its own, fed through a pipe. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { manualClock } from '../../../src/clock.ts'
import { createKekFile } from '../../../src/store/meters/kek.ts'
import { openStore } from '../../../src/store/open.ts'
import type { CityMeter } from './meters.ts'
import { type Packet, packed, type Told } from './wire.ts'

/** `box.ts`, built. */
const BOX = fileURLToPath(new URL('../../../.varmesky/system/test/system/city/box.js', import.meta.url))
/** As the service starts it: what is kept for later collections is memory as well. */
const FLAGS = ['--optimize-for-size', '--max-semi-space-size=2']
const CHUNK_BYTES = 65_536

export interface FedGateway {
  /** Waits while the pipe is full. */
  feed(packet: Packet): Promise<void>
  /** The day is over: resolves once the broker has everything that was due by then. */
  dayOver(utcMs: number): Promise<Told>
  /** Ends it as systemd would; rejects where it does not end well. Resolves with what it said last. */
  stop(): Promise<Told>
  kill(): void
}

/** Registers the meters at that moment; returns the configuration file. */
export const prepareGateway = (directory: string, port: number, meters: readonly CityMeter[], utcMs: number): string => {
  const state = join(directory, 'state')
  mkdirSync(state, { recursive: true })
  const store = openStore({ directory: state, kek: createKekFile(join(directory, 'kek')), clock: manualClock(utcMs) })
  store.meters.put(meters.map(({ name, key }) => ({ meter: name, key })))
  store.close()
  const file = join(directory, 'varmesky.yaml')
  const mqtt = { url: `mqtt://127.0.0.1:${port}` }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ gateway: 'city', stateDirectory: 'state', runtimeDirectory: '.', kekFile: './kek', mqtt }))
  return file
}

export const startFedGateway = (configFile: string, utcMs: number): FedGateway => {
  const child = spawn(process.execPath, [...FLAGS, BOX, configFile, String(utcMs)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const died = ended.then((code): never => {
    throw new Error(`the gateway ended with ${code}`)
  })
  died.catch(() => {})
  child.stdin.on('error', () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const told = async (): Promise<Told> => JSON.parse((await Promise.race([lines.next(), died])).value)
  let waiting: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    const isTaken = child.stdin.write(Buffer.concat(waiting))
    ;[waiting, bytes] = [[], 0]
    if (!isTaken) await Promise.race([once(child.stdin, 'drain').catch(() => died), died])
  }
  const feed = async (packet: Packet): Promise<void> => {
    waiting.push(packed(packet))
    bytes += waiting.at(-1)!.length
    if (bytes >= CHUNK_BYTES) await flush()
  }
  const end = (utc: number): Packet => ({ utcMs: utc, receiver: 0, crc: 'A', bytes: null })
  return {
    feed,
    async dayOver(utc) {
      await feed(end(utc))
      await flush()
      return told()
    },
    async stop() {
      await flush()
      child.stdin.end()
      const last = await lines.next()
      const code = await ended
      if (code !== 0) throw new Error(`the gateway ended with ${code}`)
      return JSON.parse(last.value)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
