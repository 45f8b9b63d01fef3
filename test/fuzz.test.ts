import { beforeAll, describe, expect, it } from 'vitest'
import { fuzz, type Report } from '../fuzz/fuzz.ts'
import { readCorpus } from '../fuzz/guided/corpus.ts'
import { run } from '../fuzz/guided/target.ts'
import { type WrongKeys, wrongKeys } from '../fuzz/wrong-keys.ts'

const sumOf = (counts: ReadonlyMap<string, number>, isMeant: (name: string) => boolean): number =>
  [...counts].filter(([name]) => isMeant(name)).reduce((sum, [, times]) => sum + times, 0)

describe('twenty thousand telegrams with something wrong inside', () => {
  let report: Report
  beforeAll(() => {
    report = fuzz(20_000, 1)
  }, 60_000)

  it('meet no exception and no broken promise', () => {
    expect(report.findings).toEqual([])
  })

  it.each(['frame.', 'dll.', 'ell.', 'afl.', 'tpl.', 'apl.', 'observation', 'joined: observation'])('get as far as "%s"', (layer) => {
    expect(sumOf(report.results, (result) => result.startsWith(layer))).toBeGreaterThan(100)
  })
})

describe('the inputs that together reach most of the codec', () => {
  const corpus = readCorpus()

  it('are there', () => {
    expect(corpus.length).toBeGreaterThan(100)
  })

  it('meet no exception', () => {
    for (const input of corpus) run(input)
  })
})

describe('three thousand telegrams under wrong keys', () => {
  let report: WrongKeys
  beforeAll(() => {
    report = wrongKeys(3000, 1)
  }, 60_000)

  it('become no reading', () => {
    expect(report.observations).toBe(0)
    expect(sumOf(report.results, (name) => name.startsWith('observation'))).toBe(0)
  })

  it('are counted once each', () => {
    expect(sumOf(report.results, () => true)).toBe(3000)
  })

  it.each(['fault: tpl.key-wrong', 'fault: ell.key-wrong', 'fault: apl.truncated', 'refused: policy.mac', 'refused: policy.unconfirmed'])(
    'are stopped by "%s"',
    (name) => {
      expect(report.results.get(name) ?? 0).toBeGreaterThan(0)
    },
  )
})
