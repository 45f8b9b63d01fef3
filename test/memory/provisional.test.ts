import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import type { Observation } from '../../src/decoders/observation.ts'
import { silentLog } from '../../src/log.ts'
import { holdUndated } from '../../src/memory/provisional.ts'
import type { Memory } from '../../src/store/store.ts'
import { memoryInRam, observation } from '../readings/observations.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const ANNA = 'KAM-07134347'
const BERT = 'KAM-07134348'

const hold = (clock: ManualClock, memory: Memory = memoryInRam(), most?: number) => {
  const passed: Observation[] = []
  const said: string[] = []
  const log = {
    ...silentLog,
    warn: (_: object, text: string) => void said.push(text),
    error: (_: object, text: string) => void said.push(text),
  }
  const provisional = holdUndated({ clock, memory, log, offer: (o) => void passed.push(o), ...(most !== undefined && { most }) })
  const hear = (meter: string, kWh: number | bigint): void => {
    const { bootId, monotonicMs: from, utcMs } = { bootId: clock.bootId, monotonicMs: clock.monotonicMs(), utcMs: clock.utcMs() }
    provisional.offer({ ...observation(0, kWh, { meter }), heard: { bootId, monotonicMs: from, utcMs } })
  }
  const got = () => passed.map((o) => [o.meter, Number(o.measurements[0]!.raw), o.heard.utcMs])
  return { ...provisional, hear, got, said }
}

describe('what was heard before the time is known', () => {
  it('waits, and is dated and passed on in order once it is', () => {
    const clock = manualClock(null)
    const p = hold(clock)
    p.hear(ANNA, 1)
    clock.advance(MINUTE)
    p.hear(BERT, 7)
    clock.advance(MINUTE)
    p.hear(ANNA, 2)
    p.date()
    expect(p.got()).toEqual([])
    expect(p.state()).toEqual({ held: 3, dated: 0, dropped: { between: 0, full: 0, rebooted: 0 } })
    clock.advance(MINUTE)
    clock.setUtc(NOON)
    p.date()
    expect(p.got()).toEqual([
      [ANNA, 1, NOON - 3 * MINUTE],
      [BERT, 7, NOON - 2 * MINUTE],
      [ANNA, 2, NOON - MINUTE],
    ])
    expect(p.state()).toEqual({ held: 0, dated: 3, dropped: { between: 0, full: 0, rebooted: 0 } })
  })

  it('goes before what is heard with the time known', () => {
    const clock = manualClock(null)
    const p = hold(clock)
    p.hear(ANNA, 1)
    clock.setUtc(NOON)
    p.hear(BERT, 2)
    expect(p.got()).toEqual([
      [ANNA, 1, NOON],
      [BERT, 2, NOON],
    ])
  })

  it('is bounded: first and last of a meter, and so many in all; what is given up is counted', () => {
    const clock = manualClock(null)
    const p = hold(clock, memoryInRam(), 3)
    for (const kWh of [1, 2, 3, 4]) p.hear(ANNA, kWh)
    p.hear(BERT, 8)
    p.hear(BERT, 9)
    p.hear('KAM-00000003', 1)
    expect(p.state()).toEqual({ held: 3, dated: 0, dropped: { between: 2, full: 2, rebooted: 0 } })
    clock.setUtc(NOON)
    p.date()
    expect(p.got().map(([meter, kWh]) => [meter, kWh])).toEqual([
      [ANNA, 1],
      [ANNA, 4],
      [BERT, 8],
    ])
    p.hear('KAM-00000003', 2)
    expect(p.got()).toHaveLength(4)
  })

  it('hides the time from who closes days until it is dated', () => {
    const clock = manualClock(null)
    const p = hold(clock)
    p.hear(ANNA, 1)
    clock.setUtc(NOON)
    expect(p.clock.utcMs()).toBeNull()
    p.date()
    expect(p.clock.utcMs()).toBe(NOON)
  })

  it('outlives a restart in the same boot, digits, bytes and all', () => {
    const clock = manualClock(null)
    const memory = memoryInRam()
    const before = hold(clock, memory)
    before.hear(ANNA, 18446744073709551615n)
    before.hear(ANNA, 5)
    before.hear(BERT, 6)
    before.forget(BERT)
    before.save()
    clock.advance(MINUTE)
    const after = hold(clock, memory)
    expect(after.state().held).toBe(2)
    clock.setUtc(NOON)
    after.hear(ANNA, 7)
    expect(after.got()).toEqual([
      [ANNA, 18446744073709552000, NOON - MINUTE],
      [ANNA, 5, NOON - MINUTE],
      [ANNA, 7, NOON],
    ])
    after.save()
    expect(memory.entries.size).toBe(0)
  })

  it('is dropped, counted and told after a reboot: nobody knows when it was', () => {
    const memory = memoryInRam()
    const before = hold(manualClock(null), memory)
    before.hear(ANNA, 1)
    before.hear(ANNA, 2)
    before.save()
    const after = hold(manualClock(NOON), memory)
    after.date()
    expect(after.got()).toEqual([])
    expect(after.state()).toMatchObject({ held: 0, dropped: { rebooted: 2 } })
    expect(after.said).toEqual([expect.stringContaining('cannot be dated')])
    after.save()
    expect(memory.entries.size).toBe(0)
  })

  it.each(['', '{', '{}', '[]', 'null', '{"meter":"x","heard":null}'])('is dropped where what was written is damaged: %j', (text) => {
    const memory = memoryInRam()
    memory.entries.set(`${ANNA}/first`, text)
    const p = hold(manualClock(NOON), memory)
    expect(p.state()).toMatchObject({ held: 0, dropped: { rebooted: 1 } })
  })

  it('waits in memory where the disk refuses, and is written the next time', () => {
    const clock = manualClock(null)
    const memory = memoryInRam()
    const { save } = memory
    memory.save = () => {
      throw new Error('SQLITE_FULL')
    }
    const p = hold(clock, memory)
    p.hear(ANNA, 1)
    p.save()
    expect(p.said).toEqual([expect.stringContaining('could not be written')])
    memory.save = save
    p.save()
    expect([...memory.entries.keys()]).toEqual([`${ANNA}/first`])
  })

  it('never passes on anything without a moment, nor with one that is not its own', () => {
    type Step = { readonly do: 'hear' | 'know' | 'lose' | 'restart' | 'date'; readonly meter: string; readonly passMs: number }
    const step = fc.record<Step>({
      do: fc.constantFrom('hear', 'hear', 'hear', 'hear', 'know', 'lose', 'restart', 'date'),
      meter: fc.constantFrom(ANNA, BERT, 'KAM-00000003'),
      passMs: fc.nat(40 * MINUTE),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = manualClock(null)
        const memory = memoryInRam()
        const real = new Map<number, number>()
        const passed: unknown[] = []
        let p = hold(clock, memory, 5)
        let offered = 0
        let [dated, dropped] = [0, 0]
        const end = () => {
          passed.push(...p.got())
          dated += p.state().dated
          const { between, full, rebooted } = p.state().dropped
          dropped += between + full + rebooted
        }
        for (const s of steps) {
          clock.advance(s.passMs)
          if (s.do === 'hear') {
            real.set(++offered, NOON + clock.monotonicMs())
            p.hear(s.meter, offered)
          } else if (s.do === 'know') clock.setUtc(NOON + clock.monotonicMs())
          else if (s.do === 'lose') clock.setUtc(null)
          else if (s.do === 'date') p.date()
          else {
            p.save()
            end()
            p = hold(clock, memory, 5)
          }
          expect(p.state().held).toBeLessThanOrEqual(5)
        }
        end()
        for (const [, n, utcMs] of passed as [string, number, number][]) expect(utcMs).toBe(real.get(n))
        expect(new Set((passed as [string, number][]).map(([, n]) => n)).size).toBe(passed.length)
        // Nothing is lost without being counted.
        expect(passed.length + dropped + p.state().held).toBe(offered)
        expect(dated).toBeLessThanOrEqual(passed.length)
      }),
      { numRuns: 300 },
    )
  })
})
