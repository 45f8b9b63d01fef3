import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manualClock, now, scaledClock, systemClock } from '../src/clock.ts'
import { compiled } from './support/compiled.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const DAY = 86_400_000

describe('the manual clock', () => {
  it('stands still until moved, wall and monotonic together', () => {
    const clock = manualClock(NOON)
    const before = now(clock)
    clock.advance(1500)
    expect(now(clock)).toEqual({ ...before, monotonicMs: before.monotonicMs + 1500, utcMs: NOON + 1500 })
    clock.advanceTo(NOON + DAY)
    expect(clock.utcMs()).toBe(NOON + DAY)
  })

  it('fires due timers in order, each at its own moment', () => {
    const clock = manualClock(NOON)
    const fired: [string, number][] = []
    const log = (name: string) => () => fired.push([name, clock.utcMs()! - NOON])
    clock.after(30, log('c'))
    clock.after(10, log('a'))
    clock.after(10, log('b'))
    clock.every(20, log('every'))
    clock.after(10, () => clock.after(5, log('nested')))
    clock.after(1000, log('not due'))
    clock.advance(45)
    expect(fired).toEqual([
      ['a', 10],
      ['b', 10],
      ['nested', 15],
      ['every', 20],
      ['c', 30],
      ['every', 40],
    ])
  })

  it('cancels, also from inside a periodic timer, also twice', () => {
    const clock = manualClock(NOON)
    let beats = 0
    const cancel = clock.every(10, () => {
      beats++
      if (beats === 3) cancel()
    })
    const never = clock.after(5, () => expect.unreachable())
    never()
    never()
    clock.advance(1000)
    expect(beats).toBe(3)
  })

  it('waits as long as it takes: years are no trouble', () => {
    const clock = manualClock(NOON)
    let at = 0
    clock.after(400 * DAY, () => {
      at = clock.utcMs()!
    })
    clock.advance(500 * DAY)
    expect(at).toBe(NOON + 400 * DAY)
  })

  it('does not know the time until it is told', () => {
    const clock = manualClock(null)
    clock.advance(1000)
    expect(now(clock)).toMatchObject({ monotonicMs: 1000, utcMs: null })
    clock.advanceTo(NOON)
    expect(now(clock)).toMatchObject({ monotonicMs: 1000, utcMs: NOON })
  })

  it('steps the wall clock without letting time pass', () => {
    const clock = manualClock(NOON)
    clock.after(10, () => expect.unreachable())
    clock.setUtc(NOON - DAY)
    expect(now(clock)).toMatchObject({ monotonicMs: 0, utcMs: NOON - DAY })
    expect(() => clock.advance(-1)).toThrow(RangeError)
    expect(() => clock.advanceTo(NOON - 2 * DAY)).toThrow(RangeError)
  })
})

describe('the scaled clock', () => {
  it('passes a day in a moment and fires its timers at their own moments, never early', async () => {
    const clock = scaledClock(86_400_000, NOON)
    const at = await new Promise<number>((resolve) => clock.after(30 * DAY, () => resolve(clock.utcMs()!)))
    expect(at).toBeGreaterThanOrEqual(NOON + 30 * DAY)
    let beats = 0
    await new Promise<void>((resolve) => {
      const cancel = clock.every(DAY, () => {
        beats++
        if (beats < 3) return
        cancel()
        resolve()
      })
    })
    expect(beats).toBe(3)
  })
})

describe('the system clock', () => {
  it('tells the boot, and time that does not step', () => {
    const clock = systemClock()
    expect(clock.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
    const before = clock.monotonicMs()
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before)
    expect(systemClock().monotonicMs()).toBeGreaterThanOrEqual(before)
  })

  const run = (script: string): string => execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  const load = (): string =>
    `import { systemClock } from '${compiled(new URL('../src/clock.ts', import.meta.url))}'; const clock = systemClock();`

  it('does not believe a wall clock from before the release', () => {
    expect(run(`${load()} Date.now = () => 946684831000; console.log(clock.utcMs())`)).toBe('null\n')
    expect(run(`${load()} Date.now = () => ${NOON}; console.log(clock.utcMs())`)).toBe(`${NOON}\n`)
  })

  it('waits longer than one Node timer can, and lets the process end once cancelled', () => {
    const script = `${load()}
      process.on('warning', (w) => console.log(w.name))
      const cancels = [clock.after(2 ** 31 + 1000, () => console.log('too early')), clock.every(2 ** 32, () => console.log('too early'))]
      clock.after(20, () => { console.log('rang'); for (const cancel of cancels) cancel() })`
    expect(run(script)).toBe('rang\n')
  })
})
