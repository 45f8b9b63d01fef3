import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../test/support/telegrams.ts'
import { metersOnAir } from '../test/system/meters.ts'
import { type Mast, openMast } from './air.ts'
import { startBroker } from './broker.ts'
import { askStatus } from './control.ts'
import { comesTrue, type Daemon, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atLeast, atMost, note, type Row, type Scale } from './row.ts'

const METERS: Readonly<Record<Scale, number>> = { short: 30, usual: 300, full: 3_000 }
const HOUR_MS = 3_600_000
/** Midnight in Copenhagen. */
const MIDNIGHT = Date.UTC(2026, 8, 30, 22)
const LATER = [
  { name: '1 s', ms: 1_000 },
  { name: '1 h', ms: HOUR_MS },
  { name: '3 months', ms: 90 * 24 * HOUR_MS },
]

export const T17: Row = {
  id: 'T17',
  title: 'a recorded day played again after 1 s, 1 h and 3 months, through two receivers at once',
  limit: 'doubled 0, 100 % of what carries a time or a counter is flagged, no reading made of it',
  mutation: { file: 'trust.js', find: "'policy.replay'", put: 'null' },
  async run({ build, directory, scale, later }) {
    // Every third carries a session number that rises; the others show by nothing that they are old.
    const meters = metersOnAir(METERS[scale] * 3, MIDNIGHT - 24 * HOUR_MS).filter((_, n) => n % 3 === 2)
    const mast = await openMast()
    later(() => mast.close())
    const broker = await startBroker()
    later(() => broker.down())
    stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
    const receiver = { use: 'hex', at: mast.at } as const
    const daemon = prepareDaemon({
      build,
      directory,
      broker: broker.port,
      receiver,
      time: worldTime(MIDNIGHT - 24 * HOUR_MS),
      patient: true,
    })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    await comesTrue(20_000, () => mast.listeners() > 0)
    const recorded: { readonly utcMs: number; readonly lines: readonly string[] }[] = []
    for (let hour = 23; hour >= 1; hour -= 2) {
      const utcMs = MIDNIGHT - hour * HOUR_MS + HOUR_MS / 2
      recorded.push({ utcMs, lines: meters.map((meter) => hexOf(meter.telegram(utcMs))) })
    }
    await play(daemon, mast, recorded, 0)
    await closeDay(daemon, MIDNIGHT)
    await comesTrue(20_000, () => broker.ledger.size() >= meters.length)
    const first = broker.ledger.size()
    const flagged: string[] = []
    let missed = 0
    for (const { name, ms } of LATER) {
      const before = await refusedOf(daemon)
      // After a second they are duplicates of the last, and old besides.
      const delay = ms === 1_000 ? MIDNIGHT + 2 * HOUR_MS + 1_000 - recorded[0]!.utcMs : MIDNIGHT + ms - recorded[0]!.utcMs + 24 * HOUR_MS
      await play(daemon, mast, recorded, delay)
      const sent = recorded.reduce((sum, { lines }) => sum + lines.length, 0)
      await sleep(500)
      const seen = (await refusedOf(daemon)) - before
      flagged.push(`${name}: ${((100 * seen) / sent).toFixed(1)} %`)
      missed += sent - seen
      await closeDay(daemon, MIDNIGHT + Math.ceil((delay + 1) / (24 * HOUR_MS)) * 24 * HOUR_MS)
    }
    return [
      note(`flagged after ${flagged.join(', ')}`),
      atLeast('readings of the day', first, meters.length),
      atMost('not flagged', missed, 0),
      atMost('readings made of a replay', broker.ledger.size() - first, 0),
      atMost('doubled', broker.ledger.doubled(), 0),
    ]
  },
}

const play = async (
  daemon: Daemon,
  mast: Mast,
  recorded: readonly { readonly utcMs: number; readonly lines: readonly string[] }[],
  delayMs: number,
): Promise<void> => {
  for (const { utcMs, lines } of recorded) {
    daemon.steer({ rate: 1, utcMs: utcMs + delayMs })
    await mast.say(lines)
    await sleep(100 + lines.length / 5)
  }
}

const closeDay = async (daemon: Daemon, midnight: number): Promise<void> => {
  daemon.steer({ utcMs: midnight + 2 * HOUR_MS + 60_000 })
  await sleep(1_000)
}

/** Telegrams refused as replays, or known as duplicates. */
const refusedOf = async (daemon: Daemon): Promise<number> => {
  const { reasons, outcomes } = await askStatus(daemon.socket)
  return (reasons['policy.replay'] ?? 0) + (outcomes['duplicate'] ?? 0)
}
