import { setTimeout as sleep } from 'node:timers/promises'
import { metersOnAir } from '../test/system/meters.ts'
import { hearAndWait } from './air.ts'
import { listening } from './listening.ts'
import { comesTrue, worldTime } from './process.ts'
import { atMost, type Figure, type Ground, note, type Row } from './row.ts'
import { boots } from './t11-boots.ts'

const METERS = 30
const HOUR_MS = 3_600_000
/** Local midnights (Copenhagen) by which the named day ends: 23 h, 25 h, leap day, year's end. */
const NIGHTS = [
  { day: '2026-03-29', end: Date.UTC(2026, 2, 29, 22) },
  { day: '2026-10-25', end: Date.UTC(2026, 9, 25, 23) },
  { day: '2026-12-31', end: Date.UTC(2026, 11, 31, 23) },
  { day: '2028-02-29', end: Date.UTC(2028, 1, 29, 23) },
]
const STEPS_MS = [-HOUR_MS, -2 * HOUR_MS, 2 * HOUR_MS]

export const T11: Row = {
  id: 'T11',
  title:
    'a clock not known, both nights of summer time, leap day, year’s end, steps of ±2 h at the close; booted in 1970, 2000, weeks behind, 56 years ahead',
  limit: 'no reading while the clock is not known, exactly one per meter and day, none of a day that was not, 0 doubles at a step',
  // A clock that shows an impossible time, or that nobody has synchronized, is believed.
  mutation: { file: 'clock/wall.js', find: 'if (doubted !== null)', put: 'if (false)' },
  waits: true,
  async run(ground) {
    return (await Promise.all([nights(ground), boots(ground)])).flat()
  },
}

const nights = async (ground: Ground): Promise<readonly Figure[]> => {
  const begin = NIGHTS[0]!.end - 26 * HOUR_MS
  // In the clear: a key need not be believed first.
  const meters = metersOnAir(METERS * 3, begin - 24 * HOUR_MS).filter((_, n) => n % 3 === 0)
  const { mast, broker, daemon } = await listening(ground, meters, worldTime(begin), true)

  daemon.order({ order: 'wrong', ms: null })
  for (let hour = 0; hour < 30; hour += 6) {
    daemon.steer({ utcMs: begin + hour * HOUR_MS })
    await hearAndWait(mast, daemon.socket, meters, begin + hour * HOUR_MS)
  }
  const untimed = broker.ledger.size() + daemon.journal().size - 1
  daemon.order({ order: 'wrong', ms: 0 })

  let missing = 0
  let several = 0
  for (const { day, end } of NIGHTS) {
    for (const hour of [20, 12, 3, 0.1]) {
      daemon.steer({ utcMs: end - hour * HOUR_MS })
      await hearAndWait(mast, daemon.socket, meters, end - hour * HOUR_MS)
    }
    daemon.steer({ utcMs: end + 2 * HOUR_MS + 60_000 })
    await comesTrue(30_000, () => broker.ledger.days().filter((row) => row.day === day).length >= METERS)
    // Back over the close, forward again, and ahead: it has closed.
    for (const ms of STEPS_MS) {
      daemon.order({ order: 'wrong', ms })
      daemon.steer({ utcMs: daemon.utcMs() + 120_000 })
      await sleep(150)
      daemon.order({ order: 'wrong', ms: 0 })
      daemon.steer({ utcMs: daemon.utcMs() + 120_000 })
      await sleep(150)
    }
    const rows = broker.ledger.days().filter((row) => row.day === day)
    missing += METERS - rows.length
    several += rows.filter(({ readings }) => readings > 1).length
  }
  return [
    note(`${NIGHTS.length} nights, ${METERS} meters`),
    atMost('readings while the clock was not known', Math.max(untimed, 0), 0),
    atMost('days without a reading', missing, 0),
    atMost('days with several', several, 0),
    atMost('doubled', broker.ledger.doubled(), 0),
    atMost('lost', broker.ledger.lost(daemon.journal()).length, 0),
  ]
}
