import { setTimeout as sleep } from 'node:timers/promises'
import { openStick } from '../demo/im871a-stick.ts'
import { metersOnAir } from '../test/system/meters.ts'
import { startBroker } from './broker.ts'
import { dice } from './dice.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale, timely } from './row.ts'

const TIMES: Readonly<Record<Scale, number>> = { short: 10, usual: 60, full: 1_000 }
const START = Date.UTC(2026, 9, 20, 12)
/** Spent on waits between attempts to open, which end at two seconds. */
const RATE = 5
const LIMIT_S = 10
/** The radio's length byte and no CRCs, as this stick hands it on. */
const withoutCrc = (frame: Uint8Array): Uint8Array => {
  const blocks = [frame.subarray(0, 10)]
  for (let at = 12; at < frame.length; at += 18) blocks.push(frame.subarray(at, Math.min(at + 16, frame.length - 2)))
  return Uint8Array.from(Buffer.concat(blocks))
}

export const T12: Row = {
  id: 'T12',
  title: 'stick pulled out and put back, another device behind the same name each time, not there at the start',
  limit: 'receiving again ≤ 10 s, open files constant, never ends',
  mutation: {
    file: 'receivers/ports/keep-open.js',
    find: 'const WAITS_MS = [250, 500, 1000, 2000]',
    put: 'const WAITS_MS = [250, 500, 1000, 200000]',
  },
  async run({ build, directory, scale, seed, later }) {
    const random = dice(seed)
    const meters = metersOnAir(3, START)
    stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
    const broker = await startBroker()
    later(() => broker.down())
    const stick = await openStick()
    later(() => stick.close())
    stick.unplug()
    const receiver = { use: 'im871a', at: stick.path } as const
    const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, time: worldTime(START, RATE) })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()

    let slowestS = 0
    let files = 0
    let back = 0
    for (let n = 0; n < TIMES[scale]; n++) {
      await sleep(random.next() * 600)
      await stick.plugIn()
      const pluggedMs = Date.now()
      if (await comesTrue((3 * LIMIT_S * 1_000) / RATE, () => stick.linkMode() !== null || !daemon.isAlive())) back++
      slowestS = Math.max(slowestS, ((Date.now() - pluggedMs) / 1_000) * RATE)
      if (!daemon.isAlive()) break
      for (const meter of meters) await stick.send(withoutCrc(meter.telegram(daemon.utcMs())), 0x60)
      await sleep(50)
      if (n === Math.min(5, TIMES[scale] - 2)) files = daemon.files()
      if (n < TIMES[scale] - 1) stick.unplug()
    }
    return [
      note(`${TIMES[scale]} times, in time running ${RATE} × as fast`),
      holds('alive', daemon.isAlive()),
      holds('received again each time', back === TIMES[scale]),
      timely('slowest after', slowestS, LIMIT_S),
      atMost('open files more than at first', daemon.isAlive() ? Math.abs(daemon.files() - files) : 0, 0),
    ]
  },
}
