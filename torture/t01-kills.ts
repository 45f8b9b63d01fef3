import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sqlite } from '../src/store/disk/sqlite.ts'
import { metersOnAir } from '../test/system/meters.ts'
import { openMast } from './air.ts'
import { startBroker } from './broker.ts'
import { type Dice, dice } from './dice.ts'
import { comesTrue, type Daemon, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atLeast, atMost, type Ground, note, type Row, type Scale, timely } from './row.ts'

const KILLS: Readonly<Record<Scale, number>> = { short: 24, usual: 120, full: 3_000 }
/** Kills of one state directory; then the next begins with none, so that the schema's steps are met as well. */
const KILLS_OF_A_LIFE = 12
/** Side by side: a kill wastes half of its time waiting. */
const LANES = 2
const METERS = 60
/** A minute before a day closes, in summer time. */
const START = Date.UTC(2026, 8, 1, 0, 0, -1)
const DAY_MS = 86_400_000
/** Made out of thin air while it runs, so that there is always a commit and a batch under way. */
const MADE = { count: 3_000, perSecond: 1_000, day: '2026-10-18' }
/** So long after the start of the process, or after it runs, it is killed at the latest. */
const SPREAD_MS = 800
const ROWS_AT_START: Readonly<Record<Scale, number>> = { short: 20_000, usual: 100_000, full: 1_000_000 }

interface Tally {
  kills: number
  ready: number
  journalled: number
  lost: number
  doubled: number
  broken: number
  keyless: number
  resent: number
  slowestReadyMs: number
}

export const T1: Row = {
  id: 'T1',
  title: 'kill -9 at random: while it makes its database, starts, closes days, takes keys, sends',
  limit: 'lost 0, doubled 0, integrity ok each time, keys 0 lost, READY ≤ 10 s',
  // Takes for delivered what was only sent.
  mutation: {
    file: 'delivery.js',
    find: 'const { results, reason } = await line.sink.send(',
    put: "source.settle(batch, batch.map(() => 'accepted'), null); const { results, reason } = await line.sink.send(",
  },
  async run(ground) {
    const tally: Tally = { kills: 0, ready: 0, journalled: 0, lost: 0, doubled: 0, broken: 0, keyless: 0, resent: 0, slowestReadyMs: 0 }
    const lives = KILLS[ground.scale] / KILLS_OF_A_LIFE
    let begun = 0
    const lane = async (): Promise<void> => {
      while (begun < lives) await live(ground, ++begun, tally)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    const readyMs = await readyWith(ground, ROWS_AT_START[ground.scale])
    return [
      note(`${tally.kills} kills, ${tally.kills - tally.ready} of them before it ran, ${tally.resent} sent again`),
      atLeast('stored', tally.journalled, 1),
      atMost('lost', tally.lost, 0),
      atMost('doubled', tally.doubled, 0),
      atMost('integrity not ok', tally.broken, 0),
      atMost('keys lost', tally.keyless, 0),
      timely('READY', tally.slowestReadyMs / 1_000, 10),
      timely(`with ${ROWS_AT_START[ground.scale].toLocaleString('en')} rows`, readyMs / 1_000, 10),
    ]
  },
}

/** One state directory: killed so often, then left alone until everything has arrived. */
const live = async ({ build, directory: base, seed, later }: Ground, life: number, tally: Tally): Promise<void> => {
  const directory = join(base, `life-${life}`)
  const random = dice(seed + life)
  const mast = await openMast()
  const broker = await startBroker({ lagMs: () => random.below(40) })
  const daemon = prepareDaemon({
    build,
    directory,
    broker: broker.port,
    receiver: { use: 'hex', at: mast.at },
    time: worldTime(START),
    patient: true,
  })
  later(() => daemon.kill())
  const meters = metersOnAir(METERS, START)
  const registered = () => [...daemon.journal()].flatMap((line) => (line.startsWith('registered ') ? line.slice(11) : []))
  const air = setInterval(() => {
    void mast.hear(meters, daemon.utcMs())
    const { meter } = meters[random.below(METERS)]!
    daemon.order({ order: 'register', meter })
  }, 400)
  let day = 0
  /** Readings are made, and a day closes. */
  const close = (): void => {
    day++
    daemon.order({ order: 'produce', from: day * MADE.count, ...MADE })
    daemon.steer({ utcMs: START + day * DAY_MS + random.below(6) * 1_000 })
  }
  for (let kill = 0; kill < KILLS_OF_A_LIFE; kill++) {
    await liveAndDie(daemon, random, tally, close)
    tally.broken += isWhole(daemon.state, directory) ? 0 : 1
  }
  daemon.start()
  await daemon.ready()
  clearInterval(air)
  await comesTrue(180_000, () => broker.ledger.lost(daemon.journal()).length === 0)
  tally.keyless += await daemon.keyless(registered())
  const code = await daemon.stop()
  tally.broken += code === 0 && isWhole(daemon.state, directory) ? 0 : 1
  const journal = daemon.journal()
  tally.journalled += [...journal].filter((line) => line.startsWith('stored ')).length
  tally.lost += broker.ledger.lost(journal).length
  tally.doubled += broker.ledger.doubled()
  tally.resent += broker.ledger.taken() - broker.ledger.size()
  await broker.down()
  mast.close()
  rmSync(directory, { recursive: true })
}

const liveAndDie = async (daemon: Daemon, random: Dice, tally: Tally, close: () => void): Promise<void> => {
  const startedMs = Date.now()
  daemon.start()
  const ready = daemon.ready().then(
    () => {
      tally.ready++
      tally.slowestReadyMs = Math.max(tally.slowestReadyMs, Date.now() - startedMs)
    },
    () => {},
  )
  if (random.chance(0.6)) {
    await ready
    const before = daemon.journal().size
    close()
    // Mostly right after something was stored: it is on its way then.
    if (random.chance(0.7)) await comesTrue(8_000, () => daemon.journal().size > before + 50)
  }
  await sleep(random.next() * SPREAD_MS)
  if (!daemon.isAlive()) throw new Error(`the daemon ended by itself: ${daemon.log().slice(-600)}`)
  await daemon.kill()
  await ready
  tally.kills++
}

/** SQLite's word on a copy, so that the daemon still finds what the kill left. */
const isWhole = (state: string, directory: string): boolean => {
  const copy = join(directory, 'copy')
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy)
  if (!existsSync(join(state, 'varmesky.db'))) return true
  for (const name of ['varmesky.db', 'varmesky.db-wal'])
    if (existsSync(join(state, name))) copyFileSync(join(state, name), join(copy, name))
  const db = new Sqlite(join(copy, 'varmesky.db'))
  try {
    return db.pragma('integrity_check', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    db.close()
  }
}

/** From the start of the process after a kill until it runs, with so many rows in its outbox. */
const readyWith = async ({ build, directory: base, later }: Ground, rows: number): Promise<number> => {
  const directory = join(base, 'large')
  const days = Array.from({ length: 100 }, (_, n) => ({ n, count: rows / 100, utcMs: START + n * 86_400_000 }))
  stockUp(build, directory, {
    meters: [],
    days: days.map(({ n, count, utcMs }) => ({ day: new Date(utcMs).toISOString().slice(0, 10), utcMs, from: n * count, count })),
  })
  const broker = await startBroker()
  const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(days.at(-1)!.utcMs) })
  later(() => daemon.kill())
  later(() => broker.down())
  daemon.start()
  await sleep(300)
  await daemon.kill()
  const startedMs = Date.now()
  daemon.start()
  await daemon.ready()
  return Date.now() - startedMs
}
