/** The program itself, booted under a wall clock that lies (libfaketime), which learns the time, steps, and closes a day. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MeterOnAir, metersOnAir } from '../test/system/meters.ts'
import { hearAndWait, type Mast, openMast } from './air.ts'
import { type Broker, startBroker } from './broker.ts'
import { statusComes } from './control.ts'
import { comesTrue, type Daemon, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, type Figure, type Ground, note } from './row.ts'

const METERS = 20
const HOUR_MS = 3_600_000
const YEAR_MS = 365.25 * 24 * HOUR_MS
const DAY = '2026-11-23'
const NOON = Date.UTC(2026, 10, 23, 11)
const MIDNIGHT = NOON + 12 * HOUR_MS
const WRONG = [
  { name: '1970', utcMs: 60_000 },
  { name: '2000', utcMs: Date.UTC(2000, 0, 1) },
  { name: 'weeks behind', utcMs: Date.UTC(2026, 9, 20) },
  { name: '56 years ahead', utcMs: NOON + 56 * YEAR_MS },
]

const library = (): string | undefined =>
  readdirSync('/usr/lib')
    .map((place) => `/usr/lib/${place}/faketime/libfaketime.so.1`)
    .find((file) => existsSync(file))

export const boots = async (ground: Ground): Promise<readonly Figure[]> => {
  const faketime = library()
  if (faketime === undefined) return [note('boots under a wrong clock: not run, needs libfaketime (apt-get install faketime)')]
  const tally = { untimed: 0, missing: 0, several: 0, otherDays: 0, doubled: 0 }
  const tryOne = async (utcMs: number, n: number): Promise<void> => {
    const { box, broker, meters } = await unpack(ground, faketime, `boot-${n}`)
    await live(box, broker, meters, utcMs, tally)
    const days = broker.ledger.days()
    const right = days.filter(({ day }) => day === DAY)
    tally.missing += METERS - right.length
    tally.several += right.filter(({ readings }) => readings > 1).length
    tally.otherDays += days.length - right.length
    tally.doubled += broker.ledger.doubled()
  }
  // Side by side: each waits most of the time.
  await Promise.all(WRONG.map(({ utcMs }, n) => tryOne(utcMs, n)))
  return [
    note(`booted in ${WRONG.map(({ name }) => name).join(', ')}`),
    atMost('readings before the time was known', tally.untimed, 0),
    atMost('without a reading', tally.missing, 0),
    atMost('with several', tally.several, 0),
    atMost('of a day that was not', tally.otherDays, 0),
    atMost('doubled', tally.doubled, 0),
  ]
}

/** A gateway whose wall clock shows what it is set to. */
interface Box {
  readonly set: (utcMs: number) => void
  /** As whoever keeps the time does. */
  readonly synchronize: (utcMs: number) => void
  readonly boot: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly daemon: Daemon
  readonly mast: Mast
}

const unpack = async ({ build, directory: base, later }: Ground, faketime: string, name: string) => {
  const directory = join(base, name)
  const meters = metersOnAir(METERS * 3, NOON - 24 * HOUR_MS).filter((_, n) => n % 3 === 0)
  stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
  const mast = await openMast()
  const broker = await startBroker()
  const [offset, trust] = [join(directory, 'offset'), join(directory, 'synchronized')]
  const receiver = { use: 'hex', at: mast.at } as const
  const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, trust, time: worldTime(0) })
  const env = {
    PATH: process.env['PATH'],
    LD_PRELOAD: faketime,
    FAKETIME_TIMESTAMP_FILE: offset,
    ...{ FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
  }
  let child: ChildProcess | undefined
  const set = (utcMs: number): void => {
    const seconds = (utcMs - Date.now()) / 1_000
    writeFileSync(offset, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}\n`)
  }
  const stop = async (): Promise<void> => {
    if (!child || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  later(stop)
  later(() => broker.down())
  later(() => mast.close())
  const box: Box = {
    daemon,
    mast,
    set,
    stop,
    synchronize(utcMs) {
      set(utcMs)
      writeFileSync(trust, '')
      utimesSync(trust, utcMs / 1_000, utcMs / 1_000)
    },
    async boot() {
      await stop()
      const log = openSync(join(directory, 'log'), 'a')
      const args = [join(build, 'src/main.js'), 'run', '--config', join(directory, 'varmesky.yaml')]
      child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log] })
      if (!(await comesTrue(60_000, () => mast.listeners() > 0))) throw new Error(`it did not start: ${daemon.log().slice(-600)}`)
    },
  }
  return { box, broker, meters }
}

/** One box from its first boot to the day after. */
const live = async (
  box: Box,
  broker: Broker,
  meters: readonly MeterOnAir[],
  wrongMs: number,
  tally: { untimed: number },
): Promise<void> => {
  const { set, synchronize, boot, stop, daemon, mast } = box
  set(wrongMs)
  await boot()
  await hearAndWait(mast, daemon.socket, meters, NOON)
  set(wrongMs + 3 * HOUR_MS)
  await boot()
  await hearAndWait(mast, daemon.socket, meters, NOON + 60_000)
  tally.untimed += broker.ledger.taken()
  synchronize(NOON + 120_000)
  if (!(await knows(box, true))) throw new Error('the time was not learnt')
  // Away for a moment, by years: nothing of it counts; then by hours, around midnight.
  set(NOON + 56 * YEAR_MS)
  await knows(box, false)
  await hearAndWait(mast, daemon.socket, meters, NOON + 180_000)
  for (const ms of [-HOUR_MS / 12, 2 * HOUR_MS - HOUR_MS / 12, -2 * HOUR_MS, -60_000]) {
    set(MIDNIGHT + ms)
    await knows(box, true)
    await hearAndWait(mast, daemon.socket, meters, MIDNIGHT + ms)
  }
  for (const hours of [3, 1, 3.1, 5, 3.2]) {
    await stop()
    synchronize(MIDNIGHT + hours * HOUR_MS)
    await boot()
    await comesTrue(30_000, () => broker.ledger.days().filter(({ day }) => day === DAY).length >= METERS)
    await sleep(300)
  }
  await stop()
}

const knows = (box: Box, known: boolean): Promise<boolean> =>
  statusComes(box.daemon.socket, 30_000, ({ clock }) => clock.known === known && (!known || clock.provisional.held === 0))
