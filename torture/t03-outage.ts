import { metersOnAir } from '../test/system/meters.ts'
import { hearAndWait, openMast } from './air.ts'
import { startBroker } from './broker.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atLeast, atMost, note, type Row, type Scale, timely } from './row.ts'

const METERS: Readonly<Record<Scale, number>> = { short: 700, usual: 7_000, full: 24_000 }
const DAYS = 7
const HOUR_MS = 3_600_000
/** Midnight in Copenhagen, summer time. */
const MIDNIGHT = Date.UTC(2026, 8, 30, 22)
/** A broker that is not next door. */
const LAG_MS = 5
/** Today's readings keep coming while the backlog drains: so many more, out of thin air. */
const LIVE = { count: 200, perSecond: 20 }

export const T3: Row = {
  id: 'T3',
  title: 'no broker for seven days, every meter heard every day; then it is back, at the moment another day closes',
  limit: 'lost 0, doubled 0, drained ≥ 500/s, RSS ≤ 150 MB, today’s readings there within 60 s while the backlog drains',
  mutation: { file: 'sinks/mqtt-connection.js', find: 'const WINDOW = 20', put: 'const WINDOW = 2' },
  async run({ build, directory, scale, later }) {
    const count = METERS[scale]
    const meters = metersOnAir(count, MIDNIGHT - 24 * HOUR_MS)
    const mast = await openMast()
    later(() => mast.close())
    const broker = await startBroker({ lagMs: () => LAG_MS })
    await broker.down()
    later(() => broker.down())
    stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
    const receiver = { use: 'hex', at: mast.at } as const
    const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, time: worldTime(MIDNIGHT - HOUR_MS), patient: true })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    await comesTrue(20_000, () => mast.listeners() > 0)

    const stored = (): number => [...daemon.journal()].filter((line) => line.startsWith('stored ')).length
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, daemon.rssMB())), 100)
    later(() => clearInterval(watch))
    // The first telegrams that a key opens do not count: it must fit several.
    for (let minutes = 55; minutes > 10; minutes -= 5) {
      daemon.steer({ rate: 1, utcMs: MIDNIGHT - minutes * 60_000 })
      await hearAndWait(mast, daemon.socket, meters, MIDNIGHT - minutes * 60_000)
    }
    for (let day = 0; day < DAYS; day++) {
      const midnight = MIDNIGHT + day * 24 * HOUR_MS
      daemon.steer({ rate: 1, utcMs: midnight - HOUR_MS / 12 })
      await hearAndWait(mast, daemon.socket, meters, midnight - HOUR_MS / 12)
      daemon.steer({ utcMs: midnight + 2 * HOUR_MS + 60_000 })
      if (!(await comesTrue(60_000, () => stored() >= (day + 1) * count))) throw new Error(`stored only ${stored()} on day ${day + 1}`)
    }
    const backlog = daemon.journal()
    const midnight = MIDNIGHT + DAYS * 24 * HOUR_MS
    daemon.steer({ utcMs: midnight - HOUR_MS / 12 })
    await hearAndWait(mast, daemon.socket, meters, midnight - HOUR_MS / 12)

    // Back just before the day closes: the longest back-off is over by then.
    await broker.listen()
    const upMs = Date.now()
    daemon.steer({ utcMs: midnight + 2 * HOUR_MS - 500 })
    daemon.order({ order: 'produce', from: 0, ...LIVE, day: '2026-10-07' })
    const all = DAYS * count + count + LIVE.count
    await comesTrue(150_000, () => broker.ledger.size() >= all)
    const startMs = broker.connects[0] ?? upMs
    const journal = daemon.journal()
    const came = (line: string): number => broker.ledger.cameAt(line.split(' ')[1]!) ?? Number.POSITIVE_INFINITY
    const drainedS =
      ([...backlog].reduce((last, line) => (line.startsWith('stored ') ? Math.max(last, came(line)) : last), 0) - startMs) / 1_000
    const live = [...journal].filter((line) => !backlog.has(line))
    const latencyS = live.reduce((longest, line) => Math.max(longest, came(line)), 0)
    return [
      note(`backlog ${backlog.size.toLocaleString('en')}, ${live.length.toLocaleString('en')} of today, answers after ${LAG_MS} ms`),
      atLeast('stored', stored(), all),
      atLeast('drained', all / Math.max(drainedS, 0.001), 500, '/s'),
      timely('last of today’s after', (latencyS - startMs) / 1_000, 60),
      note(`of the backlog in ${drainedS.toFixed(0)} s`),
      atMost('RSS', most, 150, ' MB'),
      atMost('lost', broker.ledger.lost(journal).length, 0),
      atMost('doubled', broker.ledger.doubled(), 0),
    ]
  },
}
