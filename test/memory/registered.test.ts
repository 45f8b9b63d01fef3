import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { registeredMeters } from '../../src/memory/registered.ts'
import { Sqlite as Database } from '../../src/store/disk/sqlite.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { applyCtr, decryptCbc, ZERO_VECTOR } from '../../src/wmbus/security.ts'
import { cmac } from '../support/sessions.ts'

const KEY = new Uint8Array(16).fill(1)
/** AES-CMAC key check value of it. */
const CHECK = Buffer.from(cmac(KEY, new Uint8Array(16)).subarray(0, 3))
  .toString('hex')
  .toUpperCase()
const ADDRESS = { manufacturer: 0x2c2d, id: 0x07134347, version: 0x34, deviceType: 0x04 }

describe('the registered meters, over a real store', () => {
  let directory: string
  let store: Store
  const open = (): void => {
    store = openStore({ directory, kek: new Uint8Array(32).fill(7), clock: manualClock(0) })
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-registered-'))
    open()
  })
  afterEach(() => {
    store.close()
    rmSync(directory, { recursive: true })
  })

  it('are found by the number on the air, whatever version, type and bit 15', () => {
    store.meters.put([{ meter: 'KAM-07134347', key: KEY }, { meter: 'VMY-10000001' }])
    const meters = registeredMeters(store.meters, silentLog)
    for (const other of [{}, { version: 1, deviceType: 7 }, { manufacturer: 0xac2d }])
      expect(meters.find({ ...ADDRESS, ...other })).toMatchObject({ meter: 'KAM-07134347', keyCheck: CHECK, key: { bytes: KEY } })
    expect(meters.find({ ...ADDRESS, manufacturer: 0x59b9, id: 0x10000001 })).toMatchObject({ meter: 'VMY-10000001', key: null })
    for (const other of [{ id: 0x07134348 }, { manufacturer: 0x2c2e }]) expect(meters.find({ ...ADDRESS, ...other })).toBeUndefined()
  })

  it('are asked for their key once, when they are first heard', () => {
    store.meters.put([{ meter: 'KAM-07134347', key: KEY }, { meter: 'KAM-07134348' }])
    const asked: string[] = []
    const keyOf = (meter: string): Uint8Array | null => {
      asked.push(meter)
      return store.meters.keyOf(meter)
    }
    const meters = registeredMeters({ ...store.meters, keyOf }, silentLog)
    expect(asked).toEqual([])
    const first = meters.find(ADDRESS)
    expect(meters.find({ ...ADDRESS, version: 1 })).toBe(first)
    expect(asked).toEqual(['KAM-07134347'])
  })

  it('have each its own key, however many are in use', () => {
    const entries = Array.from({ length: 500 }, (_, n) => ({ meter: `KAM-10000${String(n).padStart(3, '0')}`, key: randomBytes(16) }))
    store.meters.put(entries)
    const meters = registeredMeters(store.meters, silentLog)
    const keyOf = (n: number) => meters.find({ ...ADDRESS, id: Number.parseInt(entries[n]!.meter.slice(4), 16) })!.key!
    const text = randomBytes(16)
    for (let round = 0; round < 2; round++)
      for (const [n, { key }] of entries.entries()) {
        const sealed = Uint8Array.from(createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(text))
        decryptCbc(keyOf(n), ZERO_VECTOR, sealed, 0, 1)
        expect([keyOf(n).bytes, sealed]).toEqual([Uint8Array.from(key), Uint8Array.from(text)])
        applyCtr(keyOf(n), ZERO_VECTOR, sealed, 0, 16)
        const counted = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(text)
        expect(sealed).toEqual(Uint8Array.from(counted))
      }
  })

  it('follow every change of the store at once', () => {
    const meters = registeredMeters(store.meters, silentLog)
    expect(meters.find(ADDRESS)).toBeUndefined()
    store.meters.put([{ meter: 'KAM-07134347' }])
    expect(meters.find(ADDRESS)).toMatchObject({ keyCheck: null, key: null })
    store.meters.put([{ meter: 'KAM-07134347', key: KEY }])
    expect(meters.find(ADDRESS)).toMatchObject({ keyCheck: CHECK, key: { bytes: KEY } })
    store.meters.put([{ meter: 'KAM-07134347', label: 'cellar' }])
    expect(meters.find(ADDRESS)).toMatchObject({ keyCheck: CHECK, key: { bytes: KEY } })
    store.meters.put([{ meter: 'KAM-07134347', key: null }])
    expect(meters.find(ADDRESS)).toMatchObject({ keyCheck: null, key: null })
    store.meters.remove('KAM-07134347')
    expect(meters.find(ADDRESS)).toBeUndefined()
  })

  it('keep a meter whose stored key is damaged, as one that cannot be opened, and say so', () => {
    store.meters.put([
      { meter: 'KAM-07134347', key: KEY },
      { meter: 'KAM-07134348', key: KEY },
    ])
    store.close()
    const db = new Database(join(directory, 'varmesky.db'))
    db.prepare(`UPDATE meter_keys SET sealed = zeroblob(length(sealed)) WHERE meter = 'KAM-07134347'`).run()
    db.close()
    // Without its second copy, from which the key would be mended.
    rmSync(join(directory, 'varmesky.meters.bak'))
    open()
    const said: string[] = []
    const meters = registeredMeters(store.meters, { ...silentLog, error: (fields, msg) => said.push(JSON.stringify({ ...fields, msg })) })
    expect(meters.find(ADDRESS)).toMatchObject({ meter: 'KAM-07134347', keyCheck: CHECK, key: null })
    expect(meters.find({ ...ADDRESS, id: 0x07134348 })).toMatchObject({ key: { bytes: KEY } })
    expect(meters.find(ADDRESS)).toMatchObject({ key: null })
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('KAM-07134347')
    store.meters.put([{ meter: 'KAM-07134347', key: KEY }])
    expect(meters.find(ADDRESS)).toMatchObject({ key: { bytes: KEY } })
  })
})
