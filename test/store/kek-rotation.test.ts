import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { readMetersCopy } from '../../src/store/damage/meters-copy.ts'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { kekIdOf } from '../../src/store/meters/kek-id.ts'
import { type RotationStep, rotateKek } from '../../src/store/meters/kek-rotation.ts'
import { kekId } from '../../src/store/meters/sealed-key.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { bytesIn, NOON, temporaryDirectory } from './state.ts'

const BY = { who: 'lars', at: NOON }
const key = (n: number): Uint8Array => new Uint8Array(16).fill(n)

let directory: string
let file: string
let old: Uint8Array
const load = (): Uint8Array => loadKek(file, undefined, () => kekIdOf(directory))!
const within = <T>(look: (store: Store) => T): T => {
  const store = openStore({ directory, kek: load(), clock: manualClock(NOON) })
  try {
    return look(store)
  } finally {
    store.close()
  }
}
const keys = () => within(({ meters }) => [meters.keyOf('KAM-00000001'), meters.nextKeyOf('KAM-00000001'), meters.keyOf('KAM-00000002')])
const KEYS = [key(1), key(2), key(3)]

beforeEach(() => {
  directory = temporaryDirectory()
  file = join(temporaryDirectory(), 'kek')
  old = createKekFile(file)
  within(({ meters }) =>
    meters.put([
      { meter: 'KAM-00000001', key: key(1), nextKey: key(2) },
      { meter: 'KAM-00000002', key: key(3) },
    ]),
  )
})

describe('another key-encryption key', () => {
  test('opens every key of both slots; the old one is nowhere, and opens nothing', () => {
    const { from, to, keys: sealed, unopened } = rotateKek({ directory, file, by: BY })
    expect([from, sealed, unopened]).toEqual([kekId(old), 3, []])
    expect(to).not.toBe(from)
    expect([kekId(load()), kekIdOf(directory)]).toEqual([to, to])
    expect(keys()).toEqual(KEYS)
    expect(readFileSync(file, 'utf8')).not.toContain(Buffer.from(old).toString('hex'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(() => openStore({ directory, kek: old, clock: manualClock(NOON) })).toThrow(`sealed with key-encryption key ${to}`)
    expect(readMetersCopy(directory)!.keys.map((row) => row['kek_id'])).toEqual([to, to, to])
    expect(bytesIn(directory).includes(kekId(old))).toBe(true)
    expect(within(({ audit }) => audit.list({ limit: 1 }))).toMatchObject([
      { ...BY, at: expect.any(String), what: 'kek.rotated', facts: { from, to, keys: 3 } },
    ])
  })

  test.each<RotationStep>(['announced', 'sealed', 'copied'])('that was cut off when it was %s costs no key, and goes on', (last) => {
    const cutOff = (step: RotationStep): void => {
      if (step === last) throw new Error('power cut')
    }
    expect(() => rotateKek({ directory, file, by: BY, onStep: cutOff })).toThrow('power cut')
    expect(keys()).toEqual(KEYS)
    const announced = kekId(loadKek(file)!)
    expect(rotateKek({ directory, file, by: BY })).toMatchObject({ from: kekId(old), to: announced, keys: 3, unopened: [] })
    expect(kekId(loadKek(file)!)).toBe(announced)
    expect(keys()).toEqual(KEYS)
    expect(within(({ audit }) => audit.list({}).filter(({ what }) => what === 'kek.rotated'))).toHaveLength(1)
  })

  test('is not made beside a key that opens nothing here', () => {
    writeFileSync(file, `${'ab'.repeat(32)}\n`)
    expect(() => rotateKek({ directory, file, by: BY })).toThrow('put the right one back')
    expect(readFileSync(file, 'utf8')).toBe(`${'ab'.repeat(32)}\n`)
  })

  test('also where no meter has a key', () => {
    directory = temporaryDirectory()
    within(({ meters }) => meters.put([{ meter: 'KAM-00000001' }]))
    expect(rotateKek({ directory, file, by: BY })).toMatchObject({ keys: 0, from: kekId(old) })
  })
})
