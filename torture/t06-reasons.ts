import { join } from 'node:path'
import { Sqlite } from '../src/store/disk/sqlite.ts'
import { startBroker } from './broker.ts'
import { comesTrue, prepareDaemon, worldTime } from './process.ts'
import { atLeast, atMost, holds, type Row } from './row.ts'

/** Held: to be tried again. Refused for good: dead letters. */
const HELD = [0x10, 0x80, 0x83, 0x87, 0x97]
const REFUSED = [0x90, 0x99]
const CODES = [0, ...HELD, ...REFUSED]
const READINGS = 400
/** Held messages are tried again after five minutes. */
const RATE = 60

export const T6: Row = {
  id: 'T6',
  title: 'PUBACK with reason codes 10, 80, 83, 87, 97 (to be tried again) and 90, 99 (hopeless)',
  limit: 'never marked delivered; hopeless ones dead letters with an error in the log, others come later: lost 0',
  mutation: {
    file: 'sinks/mqtt-reasons.js',
    find: "held('nobody is subscribed",
    put: "((_) => ({ verdict: 'accepted' }))('nobody is subscribed",
  },
  async run({ build, directory, later }) {
    const firstCode = new Map<string, number>()
    const tries = new Map<string, number>()
    const broker = await startBroker()
    broker.script = {
      puback({ payload }) {
        const { id, registers } = JSON.parse(payload.toString())
        // An event, of a machine that is slow: no reading.
        if (registers === undefined) return 0
        const code = CODES[Number.parseInt(registers.energy.value, 10) % CODES.length]!
        tries.set(id, (tries.get(id) ?? 0) + 1)
        if (firstCode.has(id) && !REFUSED.includes(code)) return 0
        firstCode.set(id, code)
        return code
      },
    }
    later(() => broker.down())
    const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(Date.UTC(2026, 9, 20, 12), RATE) })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    daemon.order({ order: 'produce', from: 0, count: READINGS, perSecond: 2_000, day: '2026-10-19' })
    await comesTrue(30_000, () => firstCode.size === READINGS)
    const share = READINGS / CODES.length
    await comesTrue(40_000, () => broker.ledger.size() === READINGS - share * REFUSED.length)
    await comesTrue(5_000, () => outbox(daemon.state).held === 0)
    const { delivered, refused } = outbox(daemon.state)
    const hopeless = [...tries].filter(([id, n]) => REFUSED.includes(firstCode.get(id)!) && n > 1).length
    const expected = [...daemon.journal()].filter((line) => !REFUSED.includes(firstCode.get(line.split(' ')[1]!)!))
    return [
      atMost('marked delivered without success', delivered - broker.ledger.size(), 0),
      atLeast('dead letters', refused, share * REFUSED.length),
      atMost('dead letters sent again', hopeless, 0),
      holds('error logged', daemon.log().includes('messages refused for good')),
      atMost('lost', broker.ledger.lost(new Set(expected)).length, 0),
    ]
  },
}

/** What the daemon believes, from its own database. */
const outbox = (state: string): { delivered: number; held: number; refused: number } => {
  const db = new Sqlite(join(state, 'varmesky.db'), { readonly: true })
  const one = (sql: string): number => (db.prepare(sql).pluck().get() as number | undefined) ?? 0
  const found = {
    delivered: one('SELECT delivered FROM sink_cursors'),
    held: one("SELECT count(*) FROM outbox_exceptions WHERE state = 'held'"),
    refused: one("SELECT count(*) FROM outbox_exceptions WHERE state = 'refused'"),
  }
  db.close()
  return found
}
