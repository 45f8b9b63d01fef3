import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TrustReason, wallClock } from '../../src/clock/wall.ts'
import { RELEASED, RELEASED_UTC_MS } from '../../src/released.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 23, 12)
const TIMESYNCD = 'systemd/timesync/synchronized'

let run: string
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'varmesky-run-'))
})
afterEach(() => rmSync(run, { recursive: true }))

/** Makes a file as whoever keeps the time does, at that moment of the wall clock. */
const touch = (name: string, utcMs: number): void => {
  mkdirSync(dirname(join(run, name)), { recursive: true })
  writeFileSync(join(run, name), '')
  utimesSync(join(run, name), utcMs / 1000, utcMs / 1000)
}

/** A box that has been up for a day, and whose wall clock anyone may set. */
const box = (trust: string, wallMs: number, upMs = DAY) => {
  let [ms, sinceBootMs] = [wallMs, upMs]
  const wall = wallClock({ trust, run, monotonicMs: () => sinceBootMs, wallMs: () => ms })
  return {
    said: (): readonly [TrustReason, number | null] => [wall.reason(), wall.utcMs()],
    pass(by: number): void {
      sinceBootMs += by
      ms += by
    },
    set(utcMs: number): void {
      ms = utcMs
    },
    now: () => ms,
  }
}

describe('the wall clock counts as right', () => {
  it.each<[string, string, readonly string[], TrustReason, boolean]>([
    ['with a word from timesyncd', 'auto', [TIMESYNCD], 'timesyncd', true],
    ['with a word from varmesky-time.service', 'auto', ['varmesky-time/synchronized'], 'time-sync', true],
    ['with that word, though chrony says nothing itself', 'auto', ['chrony/chronyd.pid', 'varmesky-time/synchronized'], 'time-sync', true],
    ['where nobody could say so', 'auto', [], 'nobody', true],
    ['where the owner says so', 'always', ['systemd/timesync/x'], 'always', true],
    ['not before timesyncd has an answer', 'auto', ['systemd/timesync/x'], 'timesyncd-waits', false],
    ['not before varmesky-time.service has an answer', 'auto', ['varmesky-time/x'], 'time-sync-waits', false],
    ['not with chrony alone', 'auto', ['chrony/chronyd.pid'], 'mute', false],
    ['not with ntpd alone', 'auto', ['ntpd.pid'], 'mute', false],
  ])('%s', (_, trust, files, reason, known) => {
    for (const name of files) touch(name, NOON - HOUR)
    expect(box(trust, NOON).said()).toEqual([reason, known ? NOON : null])
  })

  it('once the file of the owner’s own is there', () => {
    const b = box(join(run, 'gps'), NOON)
    expect(b.said()).toEqual(['file-missing', null])
    touch('gps', NOON)
    b.pass(1_000)
    expect(b.said()).toEqual(['file', NOON + 1_000])
  })

  it('not in the first two minutes after the boot, in which whoever keeps the time may still come', () => {
    const b = box('auto', NOON, 5_000)
    expect(b.said()).toEqual(['starting', null])
    b.pass(115_000)
    expect(b.said()).toEqual(['nobody', NOON + 115_000])
  })

  it.each([
    [0, 'before-release'],
    [Date.UTC(2000, 0, 1), 'before-release'],
    [RELEASED_UTC_MS - 1, 'before-release'],
    [RELEASED_UTC_MS, 'always'],
    [Date.UTC(2082, 10, 23), 'beyond-release'],
  ] as const)('never at %d: %s', (ms, reason) => {
    for (const trust of ['auto', 'always']) {
      touch(TIMESYNCD, ms)
      expect(box(trust, ms).said()).toEqual(reason === 'always' ? [trust === 'auto' ? 'timesyncd' : 'always', ms] : [reason, null])
    }
  })

  it('not by a file that is left over from an earlier boot, or from the future', () => {
    touch(TIMESYNCD, NOON - 3 * DAY)
    expect(box('auto', NOON).said()).toEqual(['stale', null])
    expect(box('auto', NOON, 3 * DAY).said()).toEqual(['timesyncd', NOON])
    touch(TIMESYNCD, NOON + 2 * DAY)
    expect(box('auto', NOON).said()).toEqual(['stale', null])
  })
})

describe('a clock that was right', () => {
  it('stays right though the evidence goes, and through steps of hours', () => {
    touch(TIMESYNCD, NOON)
    const b = box('auto', NOON)
    expect(b.said()).toEqual(['timesyncd', NOON])
    rmSync(join(run, TIMESYNCD))
    for (const step of [2 * HOUR, -2 * HOUR, -23 * HOUR]) {
      b.pass(HOUR)
      b.set(b.now() + step)
      expect(b.said()).toEqual(['timesyncd', b.now()])
    }
  })

  it.each([56 * 365.25 * DAY, 24 * 365.25 * DAY, 2 * DAY, -2 * DAY, -40 * DAY])(
    'is not believed after a jump of %d ms before it is synchronized anew',
    (jump) => {
      touch(TIMESYNCD, NOON - 60_000)
      const b = box('auto', NOON)
      expect(b.said()[1]).toBe(NOON)
      b.pass(HOUR)
      b.set(b.now() + jump)
      for (let h = 0; h < 3; h++) {
        expect(b.said()[1]).toBeNull()
        b.pass(HOUR)
      }
      // A jump by the right amount, to a moment at which the file happens to have been touched, is no synchronization.
      b.set(NOON + 2 * DAY)
      b.pass(10_000)
      expect(b.said()).toEqual(['jumped', null])
      touch(TIMESYNCD, b.now())
      b.pass(1_000)
      expect(b.said()).toEqual(['timesyncd', b.now()])
    },
  )

  it('is believed again when it is back where it was, whoever keeps it', () => {
    for (const trust of ['auto', 'always']) {
      const b = box(trust, NOON)
      expect(b.said()[1]).toBe(NOON)
      b.set(NOON + 30 * DAY)
      expect(b.said()).toEqual(['jumped', null])
      b.pass(HOUR)
      expect(b.said()).toEqual(['jumped', null])
      b.set(NOON + HOUR)
      expect(b.said()[1]).toBe(NOON + HOUR)
    }
  })

  it('is not made right by a jump back to the moment at which it was synchronized', () => {
    touch(TIMESYNCD, NOON)
    const b = box('auto', NOON)
    expect(b.said()[1]).toBe(NOON)
    b.pass(3 * DAY)
    expect(b.said()[1]).toBe(NOON + 3 * DAY)
    b.set(NOON)
    expect(b.said()).toEqual(['jumped', null])
  })
})

describe('the day of the release', () => {
  const root = new URL('../..', import.meta.url)
  it('is not behind the newest release in the changelog', () => {
    const days = [...readFileSync(new URL('CHANGELOG.md', root), 'utf8').matchAll(/^## \[[\d.]+\] - (\d{4}-\d\d-\d\d)/gm)].map(
      ([, d]) => d!,
    )
    for (const day of days) expect(RELEASED >= day, `set RELEASED in src/released.ts to ${day}`).toBe(true)
  })

  it('is at most a quarter of a year behind the newest commit', (context) => {
    let seconds: number
    try {
      seconds = Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }))
    } catch {
      return context.skip()
    }
    expect(seconds * 1000 - RELEASED_UTC_MS, 'set RELEASED in src/released.ts to today').toBeLessThan(92 * DAY)
  })
})
