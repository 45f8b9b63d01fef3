/**
 * The gateway as `varmesky run` starts it, but for its clock, which the torturer steers. It notes, fsynced, every reading
 * it was told is stored.
 */
import { existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { startGateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import type { StoredMessage } from '../../src/store/outbox/messages.ts'
import { configuredSinks } from '../../src/ways-out.ts'
import { hasItsKey, keyOfMeter, madeUpReading } from './made-up.ts'
import type { Order, Word } from './orders.ts'
import { steeredClock } from './steered-clock.ts'

const [configFile, journalFile, time, patience] = process.argv.slice(2) as [string, string, string, string]
const loaded = loadConfig(configFile)
if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
const { config } = loaded
type Noted = Pick<StoredMessage, 'seq' | 'id' | 'precedence'>

const clock = steeredClock(JSON.parse(time))
const log = createLog({ ...config.log, to: 'stderr' })
// Days in seconds: but what waits for somebody else still waits as long as in the world.
const { after, every } = systemClock()
const outside = patience === 'patient' ? { ...clock, after, every } : clock
const gateway = await startGateway({
  config,
  clock,
  log,
  version: 'under torture',
  kek: loadKek(config.kekFile),
  receivers: config.receivers.map((spec) => buildReceiver(spec, { clock: outside, log })),
  sinks: configuredSinks({ config, clock: outside, log, version: 'under torture' }),
})
const { meters, outbox } = gateway.store

const journal = openSync(journalFile, 'a')
const noteDown = (lines: readonly string[]): void => {
  writeSync(journal, lines.map((line) => `${line}\n`).join(''))
  fsyncSync(journal)
}
const say = (word: Word): void => void process.stdout.write(`${JSON.stringify(word)}\n`)
const lineOf = ({ seq, id, precedence }: Noted): string => `stored ${id} ${precedence} ${seq}`
// What was stored before anybody could listen: at this start, or right before the last kill.
noteDown(storedSince(lastNoted()).map(lineOf))
outbox.onStored((messages) => noteDown(messages.filter(({ kind }) => kind === 'reading.daily').map(lineOf)))

/** The place in the outbox of the last reading noted; a journal that does not exist has noted none. */
function lastNoted(): number {
  const lines = existsSync(journalFile) ? readFileSync(journalFile, 'utf8').split('\n').slice(0, -1) : []
  return lines.reduce((last, line) => (line.startsWith('sto') ? Math.max(last, Number(line.split(' ').at(-1))) : last), 0)
}

function storedSince(seq: number): Noted[] {
  const db = new Sqlite(join(config.stateDirectory, 'varmesky.db'), { readonly: true })
  try {
    return db.prepare<[number], Noted>("SELECT seq, id, precedence FROM outbox WHERE kind = 'reading.daily' AND seq > ?").all(seq)
  } catch {
    // A damaged file is the product's to bear, not the note-taker's.
    return []
  } finally {
    db.close()
  }
}

const making = new Set<NodeJS.Timeout>()
type Orders = { readonly [K in Order['order']]: (order: Extract<Order, { order: K }>) => void }
const ORDERS: Orders = {
  steer: ({ time }) => clock.steer(time),
  wrong: ({ ms }) => clock.setWrong(ms),
  produce({ from, count, perSecond, day }) {
    const startMs = Date.now()
    let made = 0
    const timer = setInterval(() => {
      const due = Math.min(count, ((Date.now() - startMs) * perSecond) / 1_000)
      for (; made < due; made++) outbox.add(madeUpReading(from + made, day))
      if (made >= count) clearInterval(timer)
    }, 20)
    making.add(timer)
  },
  rest() {
    for (const timer of making) clearInterval(timer)
  },
  register({ meter }) {
    meters.put([{ meter, key: keyOfMeter(meter) }])
    noteDown([`registered ${meter}`])
  },
  keyless({ meters: asked }) {
    say({ word: 'keyless', count: asked.filter((meter) => !hasItsKey(meters, meter)).length })
  },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const order: Order = JSON.parse(line)
  ;(ORDERS[order.order] as (order: Order) => void)(order)
})
process.once('SIGTERM', async () => {
  await gateway.stop()
  process.exit(0)
})
say({ word: 'ready' })
