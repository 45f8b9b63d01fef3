import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryWith } from '../../src/decoders/index.ts'
import { type KeyTrial, keyTrial } from '../../src/keys/trial.ts'
import { silentLog } from '../../src/log.ts'
import { loadMarks } from '../../src/memory/marks.ts'
import { keyCheck } from '../../src/store/meters/sealed-key.ts'
import type { Store } from '../../src/store/store.ts'
import { shippedFormat } from '../../src/wmbus/formats.ts'
import { type Rig, rig } from '../support/pipeline.ts'
import { ellSession, hex, integer, join, noHeader, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const NEXT = hex('00112233445566778899AABBCCDDEEFF')
const METER: Sender = { manufacturer: 'VMY', id: '10000001', version: 1, type: 0x04 }
const NAME = 'VMY-10000001'
/** Keys of other meters. */
const others = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => join(new Uint8Array(12).fill(0x5a), integer(i, 4)))

let r: Rig
let trial: KeyTrial
let promoted: string[]
const start = (): void => {
  promoted = []
  // The trial stands in the pipeline that it looks at: it is made when the store is.
  const proxy = { outcome: (outcome: never) => trial.outcome!(outcome) }
  r = rig({ observers: [proxy] })
  const marks = loadMarks(r.store.memory, silentLog)
  trial = keyTrial({
    ...{ store: r.store as Store, marks, log: silentLog, registry: registryWith([]), formatOf: shippedFormat },
    promoted: (meter) => promoted.push(meter),
  })
  r.store.meters.onChange(trial.forget)
}
beforeEach(start)
afterEach(() => r.close())

let accessNumber = 0
let energy = 1_000
const telegram = (key?: Uint8Array, o: { from?: Sender; kWh?: number } = {}): Uint8Array => {
  const from = o.from ?? METER
  const records = join(record('0406', integer(o.kWh ?? energy++, 4)), record('0413', integer(7_000, 4)))
  return stripped(from, shortHeader(from, records, { ...(key && { key }), accessNumber: accessNumber++ % 256 }))
}
const hear = (bytes: Uint8Array) => {
  r.clock.advance(60_000)
  return r.hear(bytes)
}
const keyOf = (meter = NAME): Uint8Array | null => r.store.meters.keyOf(meter)

describe('keys that name no meter', () => {
  beforeEach(() => r.store.meters.put([{ meter: NAME }]))

  it('are tried on a meter without a key, and stored after two telegrams that fit', () => {
    trial.take([...others(40), KEY, ...others(40)], 'lars')
    hear(telegram(KEY))
    expect(keyOf()).toBe(null)
    hear(telegram(KEY))
    expect(keyOf()).toEqual(KEY)
    expect(trial.state()).toMatchObject({ keys: 40, found: [{ meter: NAME, keyCheck: keyCheck(KEY), state: 'stored' }] })
    expect(r.store.audit.list({ limit: 1 })).toMatchObject([{ who: 'lars', what: 'key.set', subject: NAME }])
    expect(hear(telegram(KEY)).kind).toBe('observation')
  })

  it('also under the extended link layer', () => {
    trial.take([...others(10), KEY], 'lars')
    for (const n of [1, 2]) {
      const records = noHeader(join(record('0406', integer(n, 4)), record('0413', integer(n, 4))))
      hear(stripped(METER, ellSession(METER, records, { key: KEY, session: n << 4 })))
    }
    expect(keyOf()).toEqual(KEY)
  })

  it('are not believed for one telegram heard twice', () => {
    trial.take([KEY], 'lars')
    const bytes = telegram(KEY)
    for (let n = 0; n < 5; n++) hear(bytes)
    expect(keyOf()).toBe(null)
  })

  it('are not believed where the telegrams do not fit each other', () => {
    trial.take([KEY], 'lars')
    for (const kWh of [9_000, 5_000, 4_000, 3_000]) hear(telegram(KEY, { kWh }))
    expect(keyOf()).toBe(null)
  })

  it('are tried in portions, and all of them in the end', () => {
    trial.take([...others(900), KEY], 'lars')
    hear(telegram(KEY))
    expect(trial.state().tries).toBeLessThan(900)
    for (let n = 0; n < 8 && keyOf() === null; n++) hear(telegram(KEY))
    expect(keyOf()).toEqual(KEY)
  })

  it('cost no more than so much of a second', () => {
    trial.take(others(1_000), 'lars')
    const heard = { bootId: 'boot', monotonicMs: 5_000_000, utcMs: null }
    for (let n = 0; n < 100; n++) r.hear(telegram(KEY), 'stripped', { heard })
    expect(trial.state().tries).toBe(5_000)
  })

  it('are not tried on what is open, plain, or given up', () => {
    trial.take([KEY], 'lars')
    hear(telegram())
    expect(trial.state().tries).toBe(0)
    trial.stop()
    hear(telegram(KEY))
    expect(trial.state()).toMatchObject({ tries: 0, keys: 0 })
  })

  it('of a meter that is not registered wait until somebody says that it is ours', () => {
    const neighbour = { ...METER, id: '10000009' }
    trial.take([...others(3), KEY], 'lars')
    for (let n = 0; n < 3; n++) hear(telegram(KEY, { from: neighbour }))
    expect(trial.state().found).toMatchObject([{ meter: 'VMY-10000009', state: 'proposed' }])
    expect(r.store.meters.list()).toHaveLength(1)
    expect(trial.accept(['VMY-10000001'])).toEqual([])
    expect(trial.accept('all')).toEqual(['VMY-10000009'])
    expect(keyOf('VMY-10000009')).toEqual(KEY)
    expect(hear(telegram(KEY, { from: neighbour })).kind).toBe('observation')
    expect(trial.accept('all')).toEqual([])
  })

  it('are each kept once', () => {
    trial.take([KEY, KEY, ...others(2)], 'lars')
    trial.take([KEY], 'lars')
    expect(trial.state().keys).toBe(3)
  })
})

describe('the next key of a meter', () => {
  beforeEach(() => r.store.meters.put([{ meter: NAME, key: KEY }]))

  it('takes over once two telegrams that fit have opened with it', () => {
    r.store.meters.put([{ meter: NAME, nextKey: NEXT }])
    expect(hear(telegram(KEY)).kind).toBe('observation')
    expect(hear(telegram(NEXT))).toMatchObject({ kind: 'fault', reason: 'tpl.key-wrong' })
    expect(r.store.meters.get(NAME)).toMatchObject({ keyCheck: keyCheck(KEY), nextKeyCheck: keyCheck(NEXT) })
    hear(telegram(NEXT))
    expect(r.store.meters.get(NAME)).toMatchObject({ keyCheck: keyCheck(NEXT), nextKeyCheck: null })
    expect([keyOf(), promoted]).toEqual([NEXT, [NAME]])
    expect(hear(telegram(NEXT)).kind).toBe('observation')
    expect(r.store.audit.list({ limit: 1 })).toMatchObject([{ who: 'daemon', what: 'key.promoted' }])
  })

  it('stays next while telegrams open with neither', () => {
    r.store.meters.put([{ meter: NAME, nextKey: NEXT }])
    for (let n = 0; n < 5; n++) hear(telegram(hex('FFEEDDCCBBAA99887766554433221100')))
    expect(r.store.meters.get(NAME)).toMatchObject({ keyCheck: keyCheck(KEY), nextKeyCheck: keyCheck(NEXT) })
  })

  it('may be changed before it was used', () => {
    r.store.meters.put([{ meter: NAME, nextKey: hex('FFEEDDCCBBAA99887766554433221100') }])
    hear(telegram(NEXT))
    r.store.meters.put([{ meter: NAME, nextKey: NEXT }])
    hear(telegram(NEXT))
    hear(telegram(NEXT))
    expect(keyOf()).toEqual(NEXT)
  })
})
