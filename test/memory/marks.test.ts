import { describe, expect, it } from 'vitest'
import { silentLog } from '../../src/log.ts'
import { confirmedKeys, loadMarks, type Mark, takeOver } from '../../src/memory/marks.ts'
import type { Memory } from '../../src/store/store.ts'

/** The store's memory, in RAM. */
function memory(): Memory & { readonly entries: Map<string, string>; writes: number } {
  const entries = new Map<string, string>()
  return {
    entries,
    writes: 0,
    load: () => entries,
    save(_, changes) {
      this.writes++
      for (const [key, value] of changes) {
        if (value === null) entries.delete(key)
        else entries.set(key, value)
      }
    },
  }
}

const MARK: Mark = {
  keyCheck: '06B5AF',
  confirmed: true,
  fitting: 2,
  glimpse: { utcMs: 1, registers: [{ name: 'energy', unit: 'kWh', value: 5, step: 1 }] },
  newest: { kind: 'counter', value: 7 },
  restart: null,
}

describe('the marks of meters', () => {
  it('survive a restart, and only what changed is written', () => {
    const m = memory()
    const before = loadMarks(m, silentLog)
    before.put('VMY-00000001', MARK)
    before.save()
    before.save()
    expect(m.writes).toBe(1)
    expect(loadMarks(m, silentLog).of('VMY-00000001', '06B5AF')).toEqual(MARK)
  })

  it('begin anew with another key, with none, and for a meter nobody knows', () => {
    const marks = loadMarks(memory(), silentLog)
    marks.put('VMY-00000001', MARK)
    for (const keyCheck of ['FFFFFF', null])
      expect(marks.of('VMY-00000001', keyCheck)).toMatchObject({ keyCheck, confirmed: false, newest: null })
    expect(marks.of('VMY-00000002', '06B5AF')).toMatchObject({ confirmed: false, fitting: 0, glimpse: null })
  })

  it('go with the meter', () => {
    const m = memory()
    const marks = loadMarks(m, silentLog)
    marks.put('VMY-00000001', MARK)
    marks.save()
    marks.forget('VMY-00000001')
    marks.save()
    expect([m.entries.size, marks.of('VMY-00000001', '06B5AF').confirmed]).toEqual([0, false])
  })

  it('begin anew where what was stored is damaged', () => {
    const m = memory()
    m.entries.set('VMY-00000001', '{"keyCh')
    expect(loadMarks(m, silentLog).of('VMY-00000001', '06B5AF').confirmed).toBe(false)
  })

  it('hand a replay the proven keys, not the past', () => {
    const [from, to] = [memory(), memory()]
    const marks = loadMarks(from, silentLog)
    marks.put('VMY-00000001', MARK)
    marks.put('VMY-00000002', { ...MARK, confirmed: false })
    marks.save()
    takeOver(to, confirmedKeys(from))
    expect([...to.entries.keys()]).toEqual(['VMY-00000001'])
    expect(loadMarks(to, silentLog).of('VMY-00000001', '06B5AF')).toEqual({ ...MARK, glimpse: null, newest: null })
  })
})
