import { describe, expect, it } from 'vitest'
import { unlistedMeters } from '../../src/memory/unlisted.ts'

const DAY_MS = 24 * 3_600_000
const at = (monotonicMs: number) => ({ bootId: 'boot', monotonicMs, utcMs: null })

describe('meters that are not registered', () => {
  it('leave a count and the last moment, in the order of that', () => {
    const unlisted = unlistedMeters(DAY_MS, 10)
    unlisted.note('VMY-00000001', at(1))
    unlisted.note('VMY-00000002', at(2))
    unlisted.note('VMY-00000001', at(3))
    expect(unlisted.list(4)).toEqual([
      { meter: 'VMY-00000002', telegrams: 1, lastHeard: at(2) },
      { meter: 'VMY-00000001', telegrams: 2, lastHeard: at(3) },
    ])
  })

  it('are forgotten a day after the last hearing', () => {
    const unlisted = unlistedMeters(DAY_MS, 10)
    unlisted.note('VMY-00000001', at(0))
    unlisted.note('VMY-00000002', at(1))
    const names = (ms: number): string[] => unlisted.list(ms).map(({ meter }) => meter)
    expect(names(DAY_MS)).toEqual(['VMY-00000001', 'VMY-00000002'])
    expect(names(DAY_MS + 1)).toEqual(['VMY-00000002'])
    expect(names(DAY_MS + 2)).toEqual([])
    unlisted.note('VMY-00000001', at(DAY_MS + 3))
    expect(unlisted.list(DAY_MS + 3)).toMatchObject([{ telegrams: 1 }])
  })

  it('are bounded: the longest unheard go first', () => {
    const unlisted = unlistedMeters(DAY_MS, 10)
    for (let n = 0; n < 1000; n++) unlisted.note(`VMY-${String(n).padStart(8, '0')}`, at(n))
    expect(unlisted.list(1000).map(({ meter }) => meter)).toEqual(Array.from({ length: 10 }, (_, n) => `VMY-00000${990 + n}`))
  })
})
