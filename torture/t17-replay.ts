import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../test/support/telegrams.ts'
import { type MeterOnAir, metersOnAir } from '../test/system/meters.ts'
import { hearAndWait, type Mast, sayAndWait } from './air.ts'
import { askStatus } from './control.ts'
import type { Ledger } from './ledger.ts'
import { listening } from './listening.ts'
import { comesTrue, type Daemon, worldTime } from './process.ts'
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
  title: 'a recorded day played again after 1 s, 1 h and 3 months, while the meters go on; and the newest telegram of meters fallen silent',
  limit: 'doubled 0, 100 % of what carries a time or a counter is flagged, no reading made of it',
  mutation: { file: 'trust.js', find: "'policy.replay'", put: 'null' },
  async run(ground) {
    const { scale } = ground
    // Every third carries a session number that rises; the others show by nothing that they are old.
    const meters = metersOnAir(METERS[scale] * 3, MIDNIGHT - 24 * HOUR_MS).filter((_, n) => n % 3 === 2)
    const { mast, broker, daemon } = await listening(ground, meters, worldTime(MIDNIGHT - 24 * HOUR_MS), true)
    const recorded: { readonly utcMs: number; readonly lines: readonly string[] }[] = []
    for (let hour = 23; hour >= 1; hour -= 2) {
      const utcMs = MIDNIGHT - hour * HOUR_MS + HOUR_MS / 2
      recorded.push({ utcMs, lines: meters.map((meter) => hexOf(meter.telegram(utcMs))) })
    }
    await play(daemon, mast, recorded, 0)
    await live(daemon, mast, meters, MIDNIGHT + HOUR_MS)
    await closeDay(daemon, MIDNIGHT)
    await comesTrue(20_000, () => broker.ledger.size() >= meters.length)
    const first = broker.ledger.size()
    const flagged: string[] = []
    const replayed: Span[] = []
    let missed = 0
    for (const { name, ms } of LATER) {
      const delay = MIDNIGHT + 2 * HOUR_MS + 120_000 + ms - recorded[0]!.utcMs
      await live(daemon, mast, meters, recorded[0]!.utcMs + delay - 60_000)
      const before = await refusedOf(daemon)
      replayed.push(await play(daemon, mast, recorded, delay))
      const sent = recorded.reduce((sum, { lines }) => sum + lines.length, 0)
      const seen = (await refusedOf(daemon)) - before
      flagged.push(`${name}: ${((100 * seen) / sent).toFixed(1)} %`)
      missed += sent - seen
      await closeDay(daemon, MIDNIGHT + Math.ceil((delay + 1) / (24 * HOUR_MS)) * 24 * HOUR_MS)
    }
    const forged = madeIn(broker.ledger, replayed)
    return [
      note(`flagged after ${flagged.join(', ')}`),
      atLeast('readings of the day', first, meters.length),
      atMost('not flagged', missed, 0),
      atMost('readings made of a replay', forged, 0),
      atMost('doubled', broker.ledger.doubled(), 0),
      note(`of ${meters.length} meters fallen silent, newest telegrams taken for new: ${await silence(daemon, mast, meters)}`),
    ]
  },
}

/** By the daemon's clock. */
interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** What the meters themselves send at a moment. */
const live = async (daemon: Daemon, mast: Mast, meters: readonly MeterOnAir[], utcMs: number): Promise<void> => {
  daemon.steer({ rate: 1, utcMs })
  await hearAndWait(mast, daemon.socket, meters, utcMs)
}

/** Readings that rest on something heard while the recording was played. */
const madeIn = (ledger: Ledger, spans: readonly Span[]): number =>
  ledger.ids().filter((id) => {
    const { evidence } = JSON.parse(ledger.body(id)!)
    const ms = Date.parse(evidence.observedAt)
    return spans.some(({ fromMs, toMs }) => ms >= fromMs && ms <= toMs)
  }).length

/** A day after the last word of each meter it comes again: no older than itself, which many meters send for minutes. */
const silence = async (daemon: Daemon, mast: Mast, meters: readonly MeterOnAir[]): Promise<number> => {
  const utcMs = daemon.utcMs() + HOUR_MS
  await live(daemon, mast, meters, utcMs)
  const before = await refusedOf(daemon)
  daemon.steer({ utcMs: utcMs + 24 * HOUR_MS })
  await hearAndWait(mast, daemon.socket, meters, utcMs)
  return meters.length - ((await refusedOf(daemon)) - before)
}

const play = async (
  daemon: Daemon,
  mast: Mast,
  recorded: readonly { readonly utcMs: number; readonly lines: readonly string[] }[],
  delayMs: number,
): Promise<Span> => {
  for (const { utcMs, lines } of recorded) {
    daemon.steer({ rate: 1, utcMs: utcMs + delayMs })
    await sayAndWait(mast, daemon.socket, lines)
  }
  return { fromMs: recorded[0]!.utcMs + delayMs - 1_000, toMs: daemon.utcMs() + 1_000 }
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
