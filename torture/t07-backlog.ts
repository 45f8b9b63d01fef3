import { startBroker } from './broker.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, holds, note, type Row } from './row.ts'

/** Packet identifiers end at 65,535. */
const READINGS = 70_000
const RECEIVE_MAXIMUM = 5
const YESTERDAY = Date.UTC(2026, 9, 19, 12)

export const T7: Row = {
  id: 'T7',
  title: 'a backlog larger than all packet identifiers, to a broker that takes five at once',
  limit: 'lost 0, in flight ≤ 5',
  mutation: { file: 'sinks/mqtt-connection.js', find: 'limits.receiveMaximum ?? WINDOW', put: 'WINDOW' },
  async run({ build, directory, scale, later }) {
    if (scale === 'short') return { notRun: 'takes a minute: not in a short run' }
    stockUp(build, directory, { meters: [], days: [{ day: '2026-10-18', utcMs: YESTERDAY, from: 0, count: READINGS }] })
    const broker = await startBroker({ connack: () => ({ properties: { receiveMaximum: RECEIVE_MAXIMUM } }), lagMs: () => 1 })
    later(() => broker.down())
    const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(YESTERDAY + 86_400_000) })
    later(() => daemon.kill())
    const startedMs = Date.now()
    daemon.start()
    await daemon.ready()
    const drained = await comesTrue(300_000, () => broker.ledger.size() === READINGS)
    const seconds = (Date.now() - startedMs) / 1_000
    return [
      holds('drained', drained),
      note(`${Math.round(READINGS / seconds)} per second`),
      atMost('lost', READINGS - broker.ledger.size(), 0),
      atMost('in flight', broker.mostInFlight(), RECEIVE_MAXIMUM),
    ]
  },
}
