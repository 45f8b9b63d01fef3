import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { type Connection, openDatabase } from '../../src/store/disk/database.ts'
import { openStore } from '../../src/store/open.ts'
import { KEK, NOON, temporaryDirectory } from './state.ts'

const METERS = ['KAM-00000001', 'KAM-00000002', 'KAM-00000003']
const keyOf = (meter: string): Uint8Array => new Uint8Array(16).fill(meter.charCodeAt(11))

/** A store whose rows were changed behind its back, opened anew. */
const openAfter = (change: (db: Connection, directory: string) => void, kek = KEK) => {
  const directory = join(temporaryDirectory(), 'state')
  const open = (with_: Uint8Array) => openStore({ directory, kek: with_, clock: manualClock(NOON), unattended: true })
  const first = open(KEK)
  first.meters.put(METERS.map((meter) => ({ meter, label: 'cellar', key: keyOf(meter) })))
  first.close()
  const db = openDatabase(directory)
  db.pragma('foreign_keys = OFF')
  change(db, directory)
  db.close()
  const store = open(kek)
  const told: unknown[] = []
  store.tend({ sinks: [], receipts: [], tell: (event, facts) => void told.push([event, facts]) })
  return { store, told }
}

test.each([
  ['the sealed bytes of a key', `UPDATE meter_keys SET sealed = zeroblob(45) WHERE meter = 'KAM-00000002'`],
  ['whose key it is', `UPDATE meter_keys SET meter = 'KAM-00000006' WHERE meter = 'KAM-00000002'`],
  ['the name of a meter', `UPDATE meters SET meter = 'KAM-0000000r' WHERE meter = 'KAM-00000002'`],
])('a flip in %s is mended from the second copy, and told', (_, sql) => {
  const { store, told } = openAfter((db) => db.exec(sql))
  expect(store.meters.list().map(({ meter, label }) => [meter, label])).toEqual(METERS.map((meter) => [meter, 'cellar']))
  expect(METERS.map((meter) => store.meters.keyOf(meter))).toEqual(METERS.map(keyOf))
  expect(told).toEqual([['store.mended', { meters: 3 }]])
  store.close()
})

test('a flip in what says which key-encryption key a key is of is mended without a copy, and told', () => {
  const { store, told } = openAfter((db, directory) => {
    db.exec(`UPDATE meter_keys SET kek_id = '00000000' WHERE meter = 'KAM-00000002'`)
    rmSync(join(directory, 'varmesky.meters.bak'))
  })
  expect(METERS.map((meter) => store.meters.keyOf(meter))).toEqual(METERS.map(keyOf))
  expect(told).toEqual([['store.mended', { meters: 1 }]])
  store.close()
})

test('what is in order, or was changed since the copy was written, stays', () => {
  const { store, told } = openAfter((db) =>
    db.exec(`DELETE FROM meters WHERE meter = 'KAM-00000002'; DELETE FROM meter_keys WHERE meter = 'KAM-00000002'`),
  )
  expect(store.meters.list().map(({ meter }) => meter)).toEqual(['KAM-00000001', 'KAM-00000003'])
  expect(told).toEqual([])
  store.close()
})

test('keys of another key-encryption key are not damaged ones', () => {
  expect(() => openAfter(() => {}, new Uint8Array(32).fill(9))).toThrow('put the right one back')
})
