import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { kekId, keyCheck, sealKey } from '../../src/store/meters/sealed-key.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { bytesIn, KEK, NOON, temporaryDirectory } from './state.ts'

const METER = 'KAM-07134347'
const KEY = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index)

const open = (directory: string, kek: Uint8Array | null = KEK): Store => openStore({ directory, kek, clock: manualClock(NOON) })

/** From which it would be mended. */
const withoutCopy = (directory: string): void => rmSync(join(directory, 'varmesky.meters.bak'))

/** Does something with the store and then with what is on disk. */
const afterwards = <T>(directory: string, change: (store: Store) => void, look: (store: Store) => T): T => {
  const before = open(directory)
  change(before)
  before.close()
  const after = open(directory)
  try {
    return look(after)
  } finally {
    after.close()
  }
}

describe('meters', () => {
  test('are the same in RAM and after opening again', () => {
    const directory = temporaryDirectory()
    let inRam: unknown
    const onDisk = afterwards(
      directory,
      ({ meters }) => {
        const names = { aliases: ['K-1', 'K-2'], wired: ['00112233'] }
        const place = { retiredAt: 'now', replacedBy: 'LUG-00000042', label: 'cellar', installation: '4711-02' }
        meters.put([{ meter: METER, ...place, ...names, key: KEY }, { meter: 'LUG-00000042' }])
        inRam = [meters.list(), meters.keyOf(METER), meters.keyOf('LUG-00000042')]
      },
      ({ meters }) => [meters.list(), meters.keyOf(METER), meters.keyOf('LUG-00000042')],
    )
    expect(onDisk).toEqual(inRam)
    expect(onDisk).toEqual([
      [
        {
          meter: METER,
          label: 'cellar',
          installation: '4711-02',
          aliases: ['K-1', 'K-2'],
          wired: ['00112233'],
          retiredAt: '2026-11-23T12:00:00.000Z',
          replacedBy: 'LUG-00000042',
          plain: null,
          keyCheck: keyCheck(KEY),
          nextKeyCheck: null,
          addedAt: '2026-11-23T12:00:00.000Z',
        },
        {
          meter: 'LUG-00000042',
          label: null,
          installation: null,
          aliases: [],
          wired: [],
          retiredAt: null,
          replacedBy: null,
          plain: null,
          keyCheck: null,
          nextKeyCheck: null,
          addedAt: '2026-11-23T12:00:00.000Z',
        },
      ],
      KEY,
      null,
    ])
  })

  test('keep what an entry leaves out, and lose what it sets to null', () => {
    const put = { meter: METER, label: 'cellar', installation: '4711-02', plain: 'allowed', key: KEY } as const
    const changes = [{ meter: METER }, { meter: METER, label: 'attic' }, { meter: METER, installation: null }]
    const kept = afterwards(
      temporaryDirectory(),
      ({ meters }) => meters.put([put, ...changes]),
      ({ meters }) => [meters.get(METER), meters.keyOf(METER)],
    )
    expect(kept).toMatchObject([{ label: 'attic', installation: null, plain: 'allowed', keyCheck: keyCheck(KEY) }, KEY])
    const without = afterwards(
      temporaryDirectory(),
      ({ meters }) => meters.put([put, { meter: METER, key: null }]),
      ({ meters }) => [meters.get(METER), meters.keyOf(METER)],
    )
    expect(without).toMatchObject([{ label: 'cellar', keyCheck: null }, null])
  })

  test('are unknown once removed, key and all', () => {
    const gone = afterwards(
      temporaryDirectory(),
      ({ meters }) => {
        meters.put([{ meter: METER, key: KEY }])
        expect([meters.remove(METER), meters.remove(METER)]).toEqual([true, false])
        expect([meters.get(METER), meters.keyOf(METER)]).toEqual([undefined, null])
        meters.put([{ meter: METER }])
      },
      ({ meters }) => [meters.list().length, meters.keyOf(METER)],
    )
    expect(gone).toEqual([1, null])
  })

  test('are put all or none', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    const told: string[] = []
    store.meters.onChange((meter) => told.push(meter))
    expect(() => store.meters.put([{ meter: METER }, { meter: 'LUG-00000042', key: KEY.subarray(1) }])).toThrow(
      'The key of LUG-00000042 must be 16 bytes (AES-128), not 15',
    )
    expect([store.meters.list(), told]).toEqual([[], []])
    store.close()
  })

  test('tell who asked about each change once', () => {
    const store = open(temporaryDirectory())
    const told: unknown[] = []
    store.meters.onChange((meter) => told.push([meter, store.meters.get(meter)?.label]))
    store.meters.put([{ meter: METER }, { meter: 'LUG-00000042' }, { meter: METER, label: 'attic' }])
    store.meters.remove('LUG-00000042')
    expect(told).toEqual([
      [METER, 'attic'],
      ['LUG-00000042', null],
      ['LUG-00000042', undefined],
    ])
    store.close()
  })

  test('do not know when they were added while the clock is unknown', () => {
    const store = openStore({ directory: temporaryDirectory(), kek: null, clock: manualClock(null) })
    store.meters.put([{ meter: METER }])
    expect(store.meters.get(METER)?.addedAt).toBeNull()
    store.close()
  })

  test('come in by the thousand', () => {
    const entries = Array.from({ length: 7000 }, (_, n) => ({ meter: `KAM-${String(n).padStart(8, '0')}`, key: randomBytes(16) }))
    const keys = afterwards(
      temporaryDirectory(),
      ({ meters }) => meters.put(entries),
      ({ meters }) => entries.map(({ meter }) => meters.keyOf(meter)),
    )
    expect(keys).toEqual(entries.map(({ key }) => Uint8Array.from(key)))
  })
})

describe('keys', () => {
  const sealed = (directory: string, sql: string): void => {
    const db = new Sqlite(join(directory, 'varmesky.db'))
    db.exec(sql)
    db.close()
  }

  test('are a copy: whoever put one may wipe it', () => {
    const store = open(temporaryDirectory())
    const key = Uint8Array.from(KEY)
    store.meters.put([{ meter: METER, key }])
    key.fill(0)
    expect(store.meters.keyOf(METER)).toEqual(KEY)
    store.close()
  })

  test('do not lie on disk in the open, and leave nothing there when removed', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.meters.put([
      { meter: METER, key: KEY },
      { meter: 'LUG-00000042', key: randomBytes(16) },
    ])
    const db = new Sqlite(join(directory, 'varmesky.db'), { readonly: true })
    const row = db.prepare('SELECT sealed FROM meter_keys WHERE meter = ?').pluck().get(METER) as Buffer
    db.close()
    expect(bytesIn(directory).includes(Buffer.from(KEY))).toBe(false)
    expect(bytesIn(directory).includes(row)).toBe(true)
    store.meters.remove(METER)
    store.close()
    expect(bytesIn(directory).includes(row.subarray(1, 13))).toBe(false)
  })

  test('moved to another meter do not open, and the others still do', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.meters.put([METER, 'LUG-00000042', 'LUG-00000043'].map((meter) => ({ meter, key: KEY })))
    store.close()
    withoutCopy(directory)
    sealed(
      directory,
      `UPDATE meter_keys SET sealed = (SELECT sealed FROM meter_keys WHERE meter = 'LUG-00000043') WHERE meter = '${METER}'`,
    )
    const again = open(directory)
    expect(() => again.meters.keyOf(METER)).toThrow(/The stored key of KAM-07134347 is damaged or was sealed for another meter/)
    expect(again.meters.keyOf('LUG-00000042')).toEqual(KEY)
    again.meters.put([{ meter: METER, key: KEY }])
    expect(again.meters.keyOf(METER)).toEqual(KEY)
    again.close()
  })

  test('of another key-encryption key stop the opening', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.meters.put([{ meter: METER, key: KEY }])
    store.close()
    const wrong = /sealed with key-encryption key [0-9a-f]{8}, and this one is [0-9a-f]{8}/
    expect(() => open(directory, randomBytes(32))).toThrow(wrong)
    expect(() => openStore({ directory, kek: randomBytes(32), clock: manualClock(NOON), readonly: true })).toThrow(wrong)
  })

  test('of another key-encryption key stop the opening even if it is one among many', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.meters.put(['KAM-00000001', METER, 'LUG-00000042'].map((meter) => ({ meter, key: KEY })))
    store.close()
    withoutCopy(directory)
    const other = randomBytes(32)
    const key = Buffer.from(sealKey(other, METER, KEY)).toString('hex')
    sealed(directory, `UPDATE meter_keys SET kek_id = '${kekId(other)}', sealed = x'${key}' WHERE meter = '${METER}'`)
    const wrong = `sealed with key-encryption key ${kekId(other)}, and this one is ${kekId(KEK)}: put the right one back`
    expect(() => open(directory)).toThrow(wrong)
  })

  test('cannot be had or put without the key-encryption key; all else can', () => {
    const directory = temporaryDirectory()
    const store = open(directory)
    store.meters.put([{ meter: METER, key: KEY }])
    store.close()
    const without = open(directory, null)
    expect(() => without.meters.keyOf(METER)).toThrow('KAM-07134347 has a key, and there is no key-encryption key to open it with')
    expect(() => without.meters.put([{ meter: 'LUG-00000042', key: KEY }])).toThrow(/no key-encryption key to seal it with/)
    without.meters.put([{ meter: METER, label: 'attic' }])
    expect(without.meters.get(METER)).toMatchObject({ label: 'attic', keyCheck: keyCheck(KEY) })
    without.close()
  })
})
