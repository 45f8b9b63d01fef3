import { startBroker } from './broker.ts'
import { comesTrue, prepareDaemon, worldTime } from './process.ts'
import { atLeast, atMost, type Row, type Scale } from './row.ts'

const RATE: Readonly<Record<Scale, number>> = { short: 20, usual: 5, full: 1 }
const SILENT_S = 150
const WINDOW = 20
const READINGS = 2_000
/** The status is no reading, and may be under way besides. */
const STATUS = 1

export const T4: Row = {
  id: 'T4',
  title: 'a broker that takes messages, answers pings and never acknowledges',
  limit: 'a silent line is cut and opened again within 45 s, in flight ≤ 20, RSS grows ≤ 25 MB, lost 0',
  mutation: { file: 'sinks/mqtt-connection.js', find: 'const ACK_MS = 30_000', put: 'const ACK_MS = 30_000_000' },
  async run({ build, directory, scale, later }) {
    const rate = RATE[scale]
    const broker = await startBroker({ puback: () => 'silent' })
    later(() => broker.down())
    const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(Date.UTC(2026, 9, 20, 12), rate) })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    daemon.order({ order: 'produce', from: 0, count: READINGS, perSecond: 400, day: '2026-10-19' })
    await comesTrue(20_000, () => broker.open() > 0)
    // Warm: the first line was thrown away.
    await comesTrue((60 * 1_000) / rate, () => broker.connects.length >= 2)
    const before = daemon.rssMB()
    await comesTrue((SILENT_S * 1_000) / rate, () => broker.connects.length >= 4)
    const longestS = Math.max(...broker.cuts.map((cut, n) => (cut - broker.connects[n]!) / 1_000), 0) * rate
    const againS = broker.connects[1] === undefined ? Number.POSITIVE_INFINITY : ((broker.connects[1] - broker.connects[0]!) / 1_000) * rate
    const grown = daemon.rssMB() - before
    broker.script = {}
    broker.kick()
    await comesTrue(60_000, () => daemon.journal().size >= READINGS && broker.ledger.lost(daemon.journal()).length === 0)
    return [
      atMost('longest silence', longestS, 45, ' s'),
      atMost('first reconnect after', againS, 45, ' s'),
      atMost('in flight', broker.mostInFlight(), WINDOW + STATUS),
      atMost('RSS grew by', grown, 25, ' MB'),
      atLeast('stored', daemon.journal().size, READINGS),
      atMost('lost', broker.ledger.lost(daemon.journal()).length, 0),
    ]
  },
}
