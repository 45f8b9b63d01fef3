/** Readings behind the clock and what waits for it: whatever the wall clock does, no day is lost, doubled, or dated wrong. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wallClock } from '../../src/clock/wall.ts'
import { watchClock } from '../../src/clock/watch.ts'
import { type Clock, type ManualClock, manualClock, now } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { holdUndated } from '../../src/memory/provisional.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { closesAt, endOfDay, nextDay, startOfDay } from '../../src/readings/day.ts'
import type { Readings } from '../../src/readings/readings.ts'
import type { Memory } from '../../src/store/store.ts'
import { precedences, start } from './harness.ts'
import { COPENHAGEN, HOUR, METERS, MINUTE, memoryInRam, observation, stream } from './observations.ts'
import { expected, expectObserved, inOrder } from './oracle.ts'

const DAY = 24 * HOUR
const YEARS = 365.25 * DAY

/** What stands between the pipeline and the outbox, put together as the gateway does. */
const daemon = (clock: Clock, timers: ManualClock, memories: Memory[], sent: DailyReading[]) => {
  const [held, days] = memories as [Memory, Memory]
  let readings: Readings | null = null
  const provisional = holdUndated({ clock, memory: held, log: silentLog, offer: (o) => readings!.offer(o) })
  readings = start(timers, days, sent, { clock: provisional.clock })
  const unwatch = watchClock({ clock, tell: () => {}, onKnown: provisional.date })
  return {
    hear: (o: Timed) => provisional.offer({ ...o, heard: now(clock) }),
    stop(): void {
      unwatch()
      readings!.stop()
      provisional.save()
    },
  }
}

describe.each(['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25', '2028-02-28', '2028-02-29', '2026-12-31'])(
  'the night after %s, the time being known late and lost now and then',
  (day) => {
    const [fromMs, midnightMs] = [startOfDay(day, COPENHAGEN), endOfDay(day, COPENHAGEN)]
    const days = [day, nextDay(day)]
    const toMs = endOfDay(nextDay(day), COPENHAGEN)
    const heardInTwoDays = stream(fromMs + HOUR, toMs, midnightMs).map(inOrder)
    const changes = fc.array(
      fc.record({
        atMs: fc.oneof(fc.integer({ min: fromMs, max: toMs }), fc.integer({ min: midnightMs - HOUR, max: midnightMs + 3 * HOUR })),
        kind: fc.constantFrom('know', 'know', 'lose', 'restart'),
      }),
      { maxLength: 6 },
    )

    it('one reading per meter and day, the best of what could be kept', () => {
      fc.assert(
        fc.property(heardInTwoDays, changes, (all, events) => {
          const clock = manualClock(null)
          const truth = (): number => fromMs + clock.monotonicMs()
          const memories = [memoryInRam(), memoryInRam()]
          const sent: DailyReading[] = []
          let box = daemon(clock, clock, memories, sent)
          /** In plain words: first and last of each meter while the time is not known, all while it is. */
          const kept: Timed[] = []
          let waiting = new Map<string, Timed[]>()
          const settle = (): void => {
            for (const [first, ...rest] of waiting.values()) kept.push(first!, ...rest.slice(-1))
            waiting = new Map()
          }
          const pending = [...events].sort((a, b) => a.atMs - b.atMs)
          const happen = (kind: string): void => {
            if (kind === 'know') {
              clock.setUtc(truth())
              clock.advance(MINUTE)
              settle()
            } else if (kind === 'lose') clock.setUtc(null)
            else {
              box.stop()
              box = daemon(clock, clock, memories, sent)
            }
          }
          for (const o of all) {
            while (pending[0] !== undefined && pending[0].atMs <= o.heard.utcMs) {
              const { atMs, kind } = pending.shift()!
              if (atMs > truth()) clock.advance(atMs - truth())
              happen(kind)
            }
            if (o.heard.utcMs < truth()) continue
            clock.advance(o.heard.utcMs - truth())
            box.hear(o)
            if (clock.utcMs() !== null) kept.push(o)
            else waiting.set(o.meter, [...(waiting.get(o.meter) ?? []), o])
          }
          clock.advance(5 * DAY)
          happen('know')
          clock.advance(HOUR)
          expect(precedences(sent)).toEqual(expected(kept, days))
          expectObserved(sent, kept)
        }),
        { numRuns: 40 },
      )
    })
  },
)

/** A box whose wall clock anyone sets, and whose timesyncd answers when it is told to. */
const boxIn = (run: string, trueStartMs: number) => {
  const timers = manualClock(null)
  const file = join(run, 'systemd/timesync/synchronized')
  let bootId = 'boot-0'
  let bootedMs = 0
  let aheadMs = 0
  const truth = (): number => trueStartMs + timers.monotonicMs()
  const wallMs = (): number => truth() + aheadMs
  const booted = () => wallClock({ trust: 'auto', run, monotonicMs: () => timers.monotonicMs() - bootedMs, wallMs })
  let wall = booted()
  return {
    timers,
    truth,
    clock: (): Clock => ({ ...timers, bootId, utcMs: wall.utcMs, trust: wall.reason }),
    /** Sets the wall clock. */
    set(utcMs: number): void {
      aheadMs = utcMs - truth()
    },
    synchronize(): void {
      aheadMs = 0
      writeFileSync(file, '')
      utimesSync(file, truth() / 1000, truth() / 1000)
    },
    reboot(utcMs: number): void {
      bootedMs = timers.monotonicMs()
      bootId = `boot-${bootedMs}`
      rmSync(join(run, 'systemd'), { recursive: true, force: true })
      mkdirSync(join(run, 'systemd/timesync'), { recursive: true })
      aheadMs = utcMs - truth()
      wall = booted()
    },
  }
}

describe('a box that boots in the past and whose wall clock steps', () => {
  let run: string
  beforeAll(() => {
    run = mkdtempSync(join(tmpdir(), 'varmesky-run-'))
  })
  afterAll(() => rmSync(run, { recursive: true }))

  const STARTS = ['2027-03-27', '2026-10-24', '2026-12-30', '2028-02-28'].map((day) => startOfDay(day, COPENHAGEN) + 11 * HOUR)
  /** Where the wall clock may stand at boot, and where it may jump to, from the truth. */
  const BOOTS = [-56 * YEARS, Date.UTC(2000, 0, 1), 0, 1]
  const JUMPS = [56 * YEARS, -56 * YEARS, 19.6 * YEARS, 3 * DAY, -3 * DAY]
  const STEPS = [2 * HOUR, -2 * HOUR, 11 * HOUR, -11 * HOUR, 90_000, 0]

  type Happening = {
    readonly kind: 'hear' | 'reboot' | 'restart' | 'synchronize' | 'step' | 'jump'
    readonly afterMs: number
    readonly n: number
  }
  const happening = fc.record<Happening>({
    kind: fc.constantFrom<Happening['kind'][]>(
      'hear',
      'hear',
      'hear',
      'hear',
      'hear',
      'synchronize',
      'synchronize',
      'step',
      'jump',
      'restart',
      'reboot',
    ),
    afterMs: fc.oneof(fc.nat(20 * MINUTE), fc.nat(6 * HOUR)),
    n: fc.nat(1000),
  })

  const play = (startMs: number, happenings: readonly Happening[]) => {
    const box = boxIn(run, startMs)
    const memories = [memoryInRam(), memoryInRam()]
    const sent: DailyReading[] = []
    const heardAt: number[] = []
    box.reboot(0)
    let d = daemon(box.clock(), box.timers, memories, sent)
    let beats = 0
    box.timers.every(MINUTE, () => void beats++)
    for (const { kind, afterMs, n } of happenings) {
      box.timers.advance(afterMs + 1_500)
      if (kind === 'hear') {
        const meter = METERS[n % METERS.length]!
        d.hear(observation(0, heardAt.push(box.truth()) - 1, { meter }))
      } else if (kind === 'synchronize') box.synchronize()
      else if (kind === 'step') box.set(box.truth() + STEPS[n % STEPS.length]!)
      else if (kind === 'jump') box.set(box.truth() + JUMPS[n % JUMPS.length]!)
      else {
        d.stop()
        const boot = BOOTS[n % BOOTS.length]!
        if (kind === 'reboot') box.reboot(Math.abs(boot) <= 1 ? box.truth() - boot * 40 * DAY : boot < 0 ? box.truth() + boot : boot)
        d = daemon(box.clock(), box.timers, memories, sent)
      }
    }
    box.timers.advance(2_000)
    box.synchronize()
    box.timers.advance(3 * DAY)
    expect(beats).toBe(Math.floor(box.timers.monotonicMs() / MINUTE))
    return { sent, heardAt }
  }

  it('dates nothing with a clock that is not known to be right, and tells every meter and day once', { timeout: 60_000 }, () => {
    let told = 0
    fc.assert(
      fc.property(fc.constantFrom(...STARTS), fc.array(happening, { minLength: 5, maxLength: 40 }), (startMs, happenings) => {
        const { sent, heardAt } = play(startMs, happenings)
        told += sent.length
        const keys = sent.map(({ meter, day }) => `${day} ${meter.manufacturer}-${meter.id}`)
        expect(new Set(keys).size).toBe(keys.length)
        for (const reading of sent) {
          const truthMs = heardAt[Number(reading.registers['energy']!.value)]!
          // Not further off than the steps of a clock that was right and is still believed.
          expect(Math.abs(Date.parse(reading.evidence.observedAt) - truthMs)).toBeLessThanOrEqual(11 * HOUR + 1_000)
        }
      }),
      { numRuns: 20 },
    )
    expect(told).toBeGreaterThan(20)
  })

  it.each(STARTS.map((ms) => [new Date(ms).toISOString(), ms] as const))(
    'steps back after the close double nothing, from %s',
    (_, startMs) => {
      for (const step of STEPS) {
        const box = boxIn(run, startMs)
        box.reboot(startMs)
        box.synchronize()
        const memories = [memoryInRam(), memoryInRam()]
        const sent: DailyReading[] = []
        const d = daemon(box.clock(), box.timers, memories, sent)
        let heard = 0
        const every = box.timers.every(7 * MINUTE, () => {
          for (const meter of METERS) d.hear(observation(0, ++heard, { meter }))
        })
        const day = nextDay(new Date(startMs - DAY).toISOString().slice(0, 10))
        box.timers.advance(closesAt(day, COPENHAGEN, 2 * HOUR) + 5 * MINUTE - box.truth())
        expect(sent.map((r) => r.day)).toEqual(METERS.map(() => day))
        box.set(box.truth() + step)
        box.timers.advance(26 * HOUR)
        box.synchronize()
        box.timers.advance(2 * DAY)
        every()
        const counts = new Map<string, number>()
        for (const r of sent) counts.set(r.day, (counts.get(r.day) ?? 0) + 1)
        expect([...counts.values()].every((n) => n === METERS.length)).toBe(true)
        expect(counts.size).toBe(4)
      }
    },
  )
})
