import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { closeDatabase, openDatabase, openReadOnlyDatabase } from '../../src/store/disk/database.ts'
import type { StoreTrouble } from '../../src/store/outbox/messages.ts'
import { createOutbox } from '../../src/store/outbox/outbox.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const open = () => {
  const clock = manualClock(NOON)
  const directory = temporaryDirectory()
  const db = openDatabase(directory)
  const { outbox } = createOutbox(db, clock)
  const stored: number[] = []
  const troubles: StoreTrouble[] = []
  outbox.onStored((messages) => stored.push(messages.length))
  outbox.onTrouble((trouble) => troubles.push(trouble))
  const addMany = (count: number, name = 'n') => {
    for (let n = 0; n < count; n++) outbox.add(reading(`${name}${n}`))
  }
  /** A disk with no room for anything more, and one with room again. */
  const fillDisk = () => db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`)
  const freeDisk = () => db.pragma('max_page_count = 1000000')
  return { clock, directory, db, outbox, stored, troubles, addMany, fillDisk, freeDisk }
}

describe('the group commit', () => {
  test('comes 10 s after the first draft, whatever follows it', () => {
    const { clock, db, outbox, stored, addMany } = open()
    addMany(1, 'first')
    clock.advance(9_000)
    addMany(1, 'second')
    clock.advance(999)
    expect(stored).toEqual([])
    clock.advance(1)
    expect(stored).toEqual([2])
    clock.advance(60_000)
    addMany(1, 'third')
    clock.advance(9_999)
    expect([stored, outbox.queue()]).toEqual([[2], { waiting: 1, dropped: 0 }])
    clock.advance(1)
    expect([stored, outbox.queue()]).toEqual([[2, 1], { waiting: 0, dropped: 0 }])
    closeDatabase(db)
  })

  test('comes at once with the hundredth draft', () => {
    const { clock, db, stored, addMany } = open()
    addMany(99)
    expect(stored).toEqual([])
    addMany(1, 'last')
    expect(stored).toEqual([100])
    clock.advance(60_000)
    expect(stored).toEqual([100])
    closeDatabase(db)
  })

  test('comes when asked for', () => {
    const { clock, db, outbox, stored, addMany } = open()
    addMany(3)
    expect([outbox.flush(), outbox.flush(), stored]).toEqual([true, true, [3]])
    clock.advance(60_000)
    expect(stored).toEqual([3])
    closeDatabase(db)
  })

  test('is on disk for everybody when it is told', () => {
    const { directory, db, outbox } = open()
    const reader = openReadOnlyDatabase(directory)
    outbox.onStored((messages) => {
      expect(reader.prepare('SELECT seq, id FROM outbox').all()).toEqual(messages.map(({ seq, id }) => ({ seq, id })))
    })
    outbox.add(reading('a'))
    outbox.add(reading('b'))
    outbox.flush()
    closeDatabase(reader)
    closeDatabase(db)
    expect.assertions(1)
  })

  test('takes what a listener adds', () => {
    const { db, outbox, stored, addMany } = open()
    outbox.onStored(() => stored.length === 1 && addMany(150, 'more'))
    addMany(1)
    outbox.flush()
    outbox.flush()
    expect(stored).toEqual([1, 100, 50])
    closeDatabase(db)
  })
})

describe('on a full disk', () => {
  test('drafts wait, the trouble is told, and every 10 s they are tried again until they are stored', () => {
    const { clock, db, outbox, stored, troubles, addMany, fillDisk, freeDisk } = open()
    fillDisk()
    addMany(250)
    const trouble = { code: 'SQLITE_FULL', message: 'database or disk is full' }
    expect([stored, troubles]).toEqual([[], [{ ...trouble, waiting: 100, dropped: 0 }]])
    clock.advance(10_000)
    expect(troubles.slice(1)).toEqual([{ ...trouble, waiting: 250, dropped: 0 }])
    expect(outbox.flush()).toBe(false)
    expect(troubles.length).toBe(3)
    clock.advance(10_000)
    expect(troubles.length).toBe(4)
    freeDisk()
    clock.advance(10_000)
    expect([stored, outbox.queue(), troubles.length]).toEqual([[100, 100, 50], { waiting: 0, dropped: 0 }, 4])
    addMany(100, 'after')
    expect(stored).toEqual([100, 100, 50, 100])
    closeDatabase(db)
  })

  test('what is stored stays as it was, and seq goes on without a gap', () => {
    const { clock, db, outbox, addMany, fillDisk, freeDisk } = open()
    addMany(10, 'before')
    outbox.flush()
    fillDisk()
    addMany(100, 'during')
    freeDisk()
    clock.advance(10_000)
    expect(outbox.pending('mqtt', 'live', 1000).map(({ seq }) => seq)).toEqual(Array.from({ length: 110 }, (_, n) => n + 1))
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    closeDatabase(db)
  })

  test('the oldest of more than 10,000 drafts give way, and are counted', () => {
    const { clock, db, outbox, stored, addMany, fillDisk, freeDisk } = open()
    fillDisk()
    addMany(10_005)
    expect(outbox.queue()).toEqual({ waiting: 10_000, dropped: 5 })
    freeDisk()
    clock.advance(10_000)
    expect(outbox.queue()).toEqual({ waiting: 0, dropped: 5 })
    expect(stored.reduce((sum, count) => sum + count, 0)).toBe(10_000)
    expect(outbox.pending('mqtt', 'live', 1)[0]?.id).toBe(reading('n5').id)
    closeDatabase(db)
  })
})
