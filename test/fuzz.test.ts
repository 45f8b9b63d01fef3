import { beforeAll, describe, expect, it } from 'vitest'
import { fuzz, type Report } from '../fuzz/fuzz.ts'

describe('twenty thousand telegrams with something wrong inside', () => {
  let report: Report
  beforeAll(() => {
    report = fuzz(20_000, 1)
  }, 60_000)

  it('meet no exception and no broken promise', () => {
    expect(report.findings).toEqual([])
  })

  it.each(['frame.', 'dll.', 'ell.', 'afl.', 'tpl.', 'apl.', 'observation'])('get as far as "%s"', (layer) => {
    const reached = [...report.results].filter(([result]) => result.startsWith(layer)).reduce((sum, [, times]) => sum + times, 0)
    expect(reached).toBeGreaterThan(100)
  })
})
