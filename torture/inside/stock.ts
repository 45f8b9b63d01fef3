/** Fills a state directory before its daemon starts: registered meters with keys, and readings of days gone by. */
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { keyOfMeter, madeUpReading } from './made-up.ts'
import { steeredClock } from './steered-clock.ts'

export interface Stock {
  readonly directory: string
  readonly kekFile: string
  readonly meters: readonly string[]
  readonly days: readonly { readonly day: string; readonly utcMs: number; readonly from: number; readonly count: number }[]
}

const { directory, kekFile, meters, days }: Stock = JSON.parse(process.argv[2]!)
const kek = loadKek(kekFile)
const clock = steeredClock({ rate: 1, utcMs: days[0]?.utcMs ?? Date.UTC(2026, 0, 2), worldMs: Date.now() })
const store = openStore({ directory, kek, clock })
store.meters.put(meters.map((meter) => ({ meter, key: keyOfMeter(meter) })))
for (const { day, utcMs, from, count } of days) {
  clock.steer({ rate: 1, utcMs, worldMs: Date.now() })
  for (let n = from; n < from + count; n++) store.outbox.add(madeUpReading(n, day))
  if (!store.outbox.flush()) throw new Error('the disk refuses')
}
store.close()
