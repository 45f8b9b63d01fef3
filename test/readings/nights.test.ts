import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { closesAt, endOfDay, nextDay, startOfDay } from '../../src/readings/day.ts'
import { byKey, hear, precedences, start } from './harness.ts'
import { COPENHAGEN, HOUR, memoryInRam, stream } from './observations.ts'
import { expected, expectObserved, inOrder } from './oracle.ts'

describe.each(['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25', '2028-02-28', '2028-02-29', '2026-12-31'])(
  'the night after %s',
  (day) => {
    const [fromMs, midnightMs] = [startOfDay(day, COPENHAGEN), endOfDay(day, COPENHAGEN)]
    const closeMs = closesAt(day, COPENHAGEN, 2 * HOUR)
    const days = [day, nextDay(day)]
    const heardInTwoDays = stream(fromMs + HOUR, endOfDay(nextDay(day), COPENHAGEN), midnightMs).map(inOrder)

    it('one reading per meter and day, the best, at its time and not before', () => {
      fc.assert(
        fc.property(heardInTwoDays, (heard) => {
          const clock = manualClock(fromMs + 12_345)
          const sent: DailyReading[] = []
          const readings = start(clock, memoryInRam(), sent)
          for (const o of heard.filter((o) => o.heard.utcMs < closeMs)) hear(readings, clock, o)
          clock.advanceTo(closeMs - 1)
          expect(sent).toEqual([])
          clock.advanceTo(closeMs)
          expect(precedences(sent)).toEqual(expected(heard, [day]))
          for (const o of heard.filter((o) => o.heard.utcMs >= closeMs)) hear(readings, clock, o)
          clock.advance(3 * 24 * HOUR)
          expect(precedences(sent)).toEqual(expected(heard, days))
          expectObserved(sent, heard)
        }),
        { numRuns: 15 },
      )
    })

    it('the same readings in every order of arrival, however often each arrives', () => {
      const arrivals = heardInTwoDays.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
      )
      const readingsOf = (heard: readonly Timed[]): [string, DailyReading][] => {
        const clock = manualClock(fromMs)
        const sent: DailyReading[] = []
        const readings = start(clock, memoryInRam(), sent)
        for (const o of heard) readings.offer(o)
        clock.advance(4 * 24 * HOUR)
        return byKey(sent)
      }
      fc.assert(
        fc.property(arrivals, ([once, again]) => {
          expect(readingsOf(again)).toEqual(readingsOf(once))
        }),
        { numRuns: 15 },
      )
    })

    it('a daemon that stops and starts again at any moment loses only what it did not hear', () => {
      const pauses = fc.array(
        fc.record({
          stopMs: fc.integer({ min: 0, max: 50 * HOUR }),
          downMs: fc.oneof(fc.constant(0), fc.integer({ max: 30 * HOUR, min: 1 })),
        }),
        { maxLength: 4 },
      )
      fc.assert(
        fc.property(heardInTwoDays, pauses, (all, stops) => {
          const clock = manualClock(fromMs)
          const memory = memoryInRam()
          const sent: DailyReading[] = []
          const heard: Timed[] = []
          let readings = start(clock, memory, sent)
          const pending = [...stops].sort((a, b) => a.stopMs - b.stopMs)
          for (const o of all) {
            while (pending[0] !== undefined && fromMs + pending[0].stopMs <= o.heard.utcMs) {
              const { stopMs, downMs } = pending.shift()!
              if (fromMs + stopMs > clock.utcMs()!) clock.advanceTo(fromMs + stopMs)
              readings.stop()
              clock.advance(downMs)
              readings = start(clock, memory, sent)
            }
            if (o.heard.utcMs < clock.utcMs()!) continue
            hear(readings, clock, o)
            heard.push(o)
          }
          clock.advance(4 * 24 * HOUR)
          expect(precedences(sent)).toEqual(expected(heard, days))
          expectObserved(sent, heard)
        }),
        { numRuns: 20 },
      )
    })
  },
)
