import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { keyCheck } from '../../src/store/meters/sealed-key.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { KEK, NOON, temporaryDirectory } from './state.ts'

const METER = 'KAM-07134347'
const KEY = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index)
const NEXT = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + index)

let directory: string
let clock: ManualClock
let store: Store
const open = (): Store => openStore({ directory, kek: KEK, clock })
beforeEach(() => {
  directory = temporaryDirectory()
  clock = manualClock(NOON)
  store = open()
})
afterEach(() => store.close())

const told = () => store.audit.list({}).map(({ who, what, subject, facts }) => [who, what, subject, facts])
/** Does something to the rows that a program with the file in its hands could do. */
const behind = (...sql: string[]): void => {
  const db = new Sqlite(join(directory, 'varmesky.db'))
  db.exec('DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_is_not_changed')
  for (const each of sql) db.exec(each)
  db.close()
}

describe('the audit', () => {
  test('tells who did what to meters and their keys, by check values alone', () => {
    store.audit.by('lars', () => store.meters.put([{ meter: METER, key: KEY, label: 'cellar' }]))
    store.meters.put([{ meter: METER, label: 'attic' }])
    store.audit.by('pia', () => store.meters.put([{ meter: METER, nextKey: NEXT, plain: 'allowed' }]))
    store.meters.promote(METER)
    store.meters.put([{ meter: METER, key: null }])
    store.meters.remove(METER)
    store.meters.remove(METER)
    expect(told()).toEqual([
      ['lars', 'meter.registered', METER, {}],
      ['lars', 'key.set', METER, { keyCheck: keyCheck(KEY), before: null }],
      ['pia', 'key.next', METER, { keyCheck: keyCheck(NEXT) }],
      ['pia', 'meter.plain', METER, { plain: 'allowed' }],
      ['daemon', 'key.promoted', METER, { keyCheck: keyCheck(NEXT), before: keyCheck(KEY) }],
      ['daemon', 'key.removed', METER, { before: keyCheck(NEXT) }],
      ['daemon', 'meter.removed', METER, {}],
    ])
    expect(store.audit.list({ limit: 1 })).toMatchObject([{ seq: 7, what: 'meter.removed', at: '2026-11-23T12:00:00.000Z' }])
    expect(store.audit.list({ subject: 'KAM-00000000' })).toEqual([])
    expect(store.audit.verify()).toMatchObject({
      entries: 7,
      broken: [],
      chains: [{ entries: 7, last: store.audit.list({}).at(-1)!.hash }],
    })
  })

  test('has no entry of what was not done', () => {
    expect(() => store.meters.put([{ meter: METER }, { meter: 'KAM-1', key: Uint8Array.of(1) }])).toThrow('16 bytes')
    expect(told()).toEqual([])
    expect(store.audit.verify()).toEqual({ entries: 0, chains: [], broken: [] })
  })

  test('goes on after opening again, in the same chain', () => {
    store.meters.put([{ meter: METER }])
    store.close()
    store = open()
    store.audit.note('export', null, { rows: 3 })
    const [first, second] = store.audit.list({})
    expect([second!.seq, second!.chain]).toEqual([2, first!.chain])
    expect(store.audit.verify().broken).toEqual([])
  })

  test('keeps no name of a meter that is forgotten, and holds all the same', () => {
    store.meters.put([{ meter: METER, key: KEY }])
    expect(store.forget(METER)).toMatchObject({ audit: 2, meters: 1 })
    expect(told()).toEqual([
      ['daemon', 'meter.registered', null, {}],
      ['daemon', 'key.set', null, { keyCheck: keyCheck(KEY), before: null }],
      ['daemon', 'meter.forgotten', null, {}],
    ])
    expect(store.audit.verify()).toMatchObject({ entries: 3, broken: [] })
  })

  test('is only ever added to', () => {
    store.meters.put([{ meter: METER }])
    const db = new Sqlite(join(directory, 'varmesky.db'))
    for (const sql of ['DELETE FROM audit', `UPDATE audit SET who = 'nobody'`, `UPDATE audit SET subject = 'KAM-1'`])
      expect(() => db.exec(sql), sql).toThrow('only ever added to')
    db.close()
  })

  test.each([
    ['who did it', `UPDATE audit SET who = 'nobody' WHERE seq = 2`, [2]],
    ['when', 'UPDATE audit SET at = at + 1 WHERE seq = 3', [3]],
    ['the facts', `UPDATE audit SET facts = '{}' WHERE seq = 2`, [2]],
    ['whom it is about', `UPDATE audit SET subject = 'KAM-00000009' WHERE seq = 3`, [3]],
    ['that it is there', 'DELETE FROM audit WHERE seq = 2', [3]],
    ['what was first', 'DELETE FROM audit WHERE seq = 1', [2]],
    [
      'the order',
      'UPDATE audit SET seq = -1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = -1',
      [2, 3, 4],
    ],
    [
      'an entry of its own',
      `INSERT INTO audit SELECT chain, 5, at, who, 'key.set', NULL, NULL, NULL, facts, hash FROM audit WHERE seq = 4`,
      [5],
    ],
  ])('shows that somebody changed %s', (_, sql, broken) => {
    store.audit.by('lars', () =>
      store.meters.put([
        { meter: METER, key: KEY },
        { meter: 'KAM-00000001', key: NEXT },
      ]),
    )
    store.close()
    behind(sql)
    store = open()
    expect(store.audit.verify().broken.map((place) => Number(place.split('/')[1]))).toEqual(broken)
  })

  test('of a file that begins anew is another chain beside the old one', () => {
    store.meters.put([{ meter: METER }])
    const old = new Sqlite(join(directory, 'varmesky.db'), { readonly: true }).prepare('SELECT * FROM audit').get() as Record<
      string,
      unknown
    >
    store.close()
    directory = temporaryDirectory()
    store = open()
    store.meters.put([{ meter: METER }])
    store.close()
    const names = Object.keys(old)
    const db = new Sqlite(join(directory, 'varmesky.db'))
    db.prepare(`INSERT INTO audit (${names}) VALUES (${names.map(() => '?')})`).run(...Object.values(old))
    db.close()
    store = open()
    expect(store.audit.verify()).toMatchObject({ entries: 2, broken: [], chains: [{ entries: 1 }, { entries: 1 }] })
    store.meters.remove(METER)
    expect(store.audit.verify()).toMatchObject({ entries: 3, broken: [] })
  })
})
