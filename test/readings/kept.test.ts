import { expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import { boundaryOf } from '../../src/readings/candidate.ts'
import { keptTogether } from '../../src/readings/kept.ts'
import type { KeptTelegram } from '../../src/store/store.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const BOUNDARY = boundaryOf('2026-11-22', 'Europe/Copenhagen', 0)
const observation = (meter: string): Timed => ({ meter, heard: { utcMs: NOON }, telegram: { bytes: Uint8Array.of(1), crc: 'A' } }) as Timed

const start = (refuse = false) => {
  const clock = manualClock(NOON)
  const writes: string[][] = []
  const warned: object[] = []
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void warned.push(fields) }
  const write = (telegrams: readonly KeptTelegram[]): void => {
    if (refuse) throw new Error('full')
    writes.push(telegrams.map(({ meter, day }) => `${meter} ${day}`))
  }
  return { clock, writes, warned, kept: keptTogether(clock, log, write) }
}

it('writes what comes within seconds at once, without the meters that were forgotten', () => {
  const { clock, writes, kept } = start()
  for (const meter of ['KAM-1', 'KAM-2', 'KAM-3']) kept.add(observation(meter), BOUNDARY)
  kept.add({ ...observation('KAM-4'), telegram: undefined } as unknown as Timed, BOUNDARY)
  kept.forget('KAM-2')
  expect(writes).toEqual([])
  clock.advance(10_000)
  expect(writes).toEqual([['KAM-1 2026-11-22', 'KAM-3 2026-11-22']])
  kept.add(observation('KAM-5'), BOUNDARY)
  kept.stop()
  clock.advance(10_000)
  expect(writes.slice(1)).toEqual([['KAM-5 2026-11-22']])
})

it('says that a disk has refused, and goes on', () => {
  const { clock, warned, kept } = start(true)
  kept.add(observation('KAM-1'), BOUNDARY)
  clock.advance(10_000)
  kept.add(observation('KAM-2'), BOUNDARY)
  kept.stop()
  expect(warned).toMatchObject([{ telegrams: 1 }, { telegrams: 1 }])
})
