import { setTimeout as sleep } from 'node:timers/promises'
import { metersOnAir } from '../test/system/meters.ts'
import { openMast } from './air.ts'
import { startBroker } from './broker.ts'
import { dice } from './dice.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale } from './row.ts'

const MINUTES: Readonly<Record<Scale, number>> = { short: 0.4, usual: 4, full: 60 }
const METERS = 500
const START = Date.UTC(2026, 8, 30, 22)
/** A day in 20 s. */
const DAY_S = 20
const RATE = 86_400 / DAY_S
const SAMPLE_MS = 500
/** Of a run so short a slope says little: a leak per telegram or per day would still stand out. */
const MOST_GROWTH_MB = 25

export const T20: Row = {
  id: 'T20',
  title: 'soak: days of 20 s, 500 meters, a broker that is cut, silent or refusing at random',
  limit: 'lost 0, doubled 0, RSS ≤ 150 MB and second half ≤ 25 MB above the first, open files constant',
  mutation: { file: 'pipeline.js', find: 'received++;', put: '(globalThis.leak ??= []).push(new Array(1000).fill(0)); received++;' },
  async run({ build, directory, scale, seed, later }) {
    const random = dice(seed)
    const meters = metersOnAir(METERS, START)
    const mast = await openMast()
    later(() => mast.close())
    const broker = await startBroker({
      puback: () => (random.chance(0.002) ? 'cut' : random.chance(0.002) ? 0x97 : 0),
      lagMs: () => random.below(10),
    })
    later(() => broker.down())
    stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
    const receiver = { use: 'hex', at: mast.at } as const
    const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, time: worldTime(START, RATE), patient: true })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    let heard = 0
    const air = setInterval(() => {
      void mast.hear(meters, daemon.utcMs())
      heard += METERS
    }, 1_000)
    later(() => clearInterval(air))
    const samples: { readonly s: number; readonly mb: number; readonly files: number }[] = []
    const endMs = Date.now() + MINUTES[scale] * 60_000
    const startMs = Date.now()
    while (Date.now() < endMs && daemon.isAlive()) {
      await sleep(SAMPLE_MS)
      samples.push({ s: (Date.now() - startMs) / 1_000, mb: daemon.rssMB(), files: daemon.files() })
    }
    clearInterval(air)
    broker.script = {}
    await comesTrue(45_000, () => broker.ledger.lost(daemon.journal()).length === 0)
    const journal = daemon.journal()
    const half = samples.slice(samples.length >> 1)
    const quarter = samples.slice(samples.length >> 2, samples.length >> 1)
    const mean = (part: readonly { readonly mb: number }[]): number => part.reduce((sum, { mb }) => sum + mb, 0) / Math.max(part.length, 1)
    return [
      note(
        `${heard} telegrams in ${((samples.at(-1)?.s ?? 0) / DAY_S).toFixed(1)} days, ${journal.size} stored, ${broker.connects.length} connects`,
      ),
      holds('alive', daemon.isAlive()),
      atMost('RSS', Math.max(...samples.map(({ mb }) => mb)), 150, ' MB'),
      note(`slope of the second half ${(slope(half) * 60).toFixed(2)} MB per minute`),
      atMost('second half above the quarter before', mean(half) - mean(quarter), MOST_GROWTH_MB, ' MB'),
      atMost('open files more', Math.max(...half.map(({ files }) => files)) - Math.max(...quarter.map(({ files }) => files)), 1),
      atMost('lost', broker.ledger.lost(journal).length, 0),
      atMost('doubled', broker.ledger.doubled(), 0),
    ]
  },
}

/** Least squares, MB per second. */
const slope = (samples: readonly { readonly s: number; readonly mb: number }[]): number => {
  const s = samples.reduce((sum, sample) => sum + sample.s, 0) / samples.length
  const mb = samples.reduce((sum, sample) => sum + sample.mb, 0) / samples.length
  const above = samples.reduce((sum, sample) => sum + (sample.s - s) * (sample.mb - mb), 0)
  return above / samples.reduce((sum, sample) => sum + (sample.s - s) ** 2, 0)
}
