import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryWith } from '../src/decoders/index.ts'
import { kamstrupHeat } from '../src/decoders/kamstrup-heat.ts'
import type { Outcome } from '../src/outcome.ts'
import type { PolicyOptions } from '../src/policy.ts'
import { type Rig, rig } from './support/pipeline.ts'
import { afl, derive, macOf, mode7 } from './support/sessions.ts'
import {
  crc16,
  ellPlain,
  ellSession,
  hex,
  integer,
  join,
  longHeader,
  noHeader,
  record,
  type Sender,
  shortHeader,
  stripped,
} from './support/telegrams.ts'

const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const OTHER_KEY = hex('00112233445566778899AABBCCDDEEFF')
const METER: Sender = { manufacturer: 'VMY', id: '10000001', version: 1, type: 0x04 }
const NAME = 'VMY-10000001'

const energy = (kWh: number): Uint8Array => record('0406', integer(kWh, 4))
const volume = (litres: number): Uint8Array => record('0413', integer(litres, 4))
const mode5 = (records: Uint8Array, o = {}): Uint8Array => stripped(METER, shortHeader(METER, records, { key: KEY, ...o }))
const plain = (records: Uint8Array): Uint8Array => stripped(METER, shortHeader(METER, records))

let r: Rig
const start = (policy: PolicyOptions['plain'] = 'refuse'): void => {
  r = rig({ policy: { plain: policy } })
  r.store.meters.put([{ meter: NAME, key: KEY }])
}
beforeEach(() => start())
afterEach(() => r.close())

const fieldsOf = ({ observation }: Outcome): string[] | undefined => observation?.measurements.map((m) => `${m.name} ${m.raw}`)

describe('a meter with a key', () => {
  it('is believed where the key opens its telegram', () => {
    const o = r.hear(mode5(join(energy(5), volume(7))))
    expect([fieldsOf(o), o.observation!.encryption]).toEqual([['energy 5', 'volume 7'], 'aes-cbc'])
  })

  it.each([
    ['plain', plain(energy(5))],
    ['plain in an extended link layer', stripped(METER, ellSession(METER, noHeader(energy(5))))],
    [
      'said to be decrypted in the transport layer',
      stripped(METER, shortHeader(METER, join(hex('2F2F'), energy(5), new Array(8).fill(0x2f)), { configurationField: 0x0510 })),
    ],
    ['said to be decrypted in the extended link layer', stripped(METER, ellSession(METER, noHeader(energy(5)), { encryption: 1 }))],
    ['of no blocks', stripped(METER, shortHeader(METER, energy(5), { configurationField: 0x0500 }))],
    ['of the converter it may have', stripped({ ...METER, id: '55555555', type: 0x37 }, longHeader(METER, energy(5)))],
  ])('is refused what is %s', (_, bytes) => {
    expect(r.hear(bytes)).toMatchObject({ kind: 'refused', reason: 'policy.plain', meter: NAME })
    expect(r.offered).toEqual([])
    expect(r.told).toEqual([{ event: 'meter.downgrade', meter: NAME }])
  })

  it('is let through plain, and said to be, where the utility wants it', () => {
    r.close()
    start('report')
    expect(r.hear(plain(energy(5)))).toMatchObject({ kind: 'observation', observation: { encryption: 'none', integrity: 'crc' } })
    expect(r.hear(mode5(energy(6)))).toMatchObject({ observation: { encryption: 'aes-cbc' } })
  })

  it('is no downgrade where nothing is said', () => {
    expect(r.hear(stripped(METER, longHeader(METER, hex(''), { ci: 0x80 }))).kind).toBe('incomplete')
  })

  it('takes no register from behind the encrypted part, whole or across its end', () => {
    const tail = mode5(join(energy(5), hex('2F2F2F2F2F2F2F2F'), volume(7)), { blocks: 1 })
    expect(fieldsOf(r.hear(tail))).toEqual(['energy 5'])
    const across = mode5(join(energy(6), hex('2F2F2F2F'), volume(7)), { blocks: 1 })
    expect(fieldsOf(r.hear(across))).toEqual(['energy 6'])
    expect(r.hear(mode5(join(hex('2F'.repeat(14)), energy(9)), { blocks: 1 }))).toMatchObject({ kind: 'incomplete', observation: null })
  })
})

describe('a message authentication code', () => {
  const fields = { control: 0x25, counter: 9 }
  const body = mode7(energy(5), derive(KEY, 0, 9, METER))
  const mac = macOf(fields, body, derive(KEY, 1, 9, METER)).subarray(0, 8)

  it('that is right is the highest trust', () => {
    expect(r.hear(stripped(METER, join(afl({ ...fields, mac }), body)))).toMatchObject({ observation: { integrity: 'mac' } })
  })

  it('that is wrong is refused', () => {
    const wrong = mac.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
    expect(r.hear(stripped(METER, join(afl({ ...fields, mac: wrong }), body)))).toMatchObject({ kind: 'refused', reason: 'policy.mac' })
  })

  it('that is wrong is no trust at all where the meter type says that nobody can verify it', () => {
    const unverified = { ...kamstrupHeat, name: 'unverified', meters: [{ manufacturer: 'VMY' }], mac: 'unverified' } as const
    r.close()
    r = rig({ registry: registryWith([unverified]) })
    r.store.meters.put([{ meter: NAME, key: KEY }])
    const wrong = mac.map((byte) => byte ^ 1)
    const heard = r.hear(stripped(METER, join(afl({ ...fields, mac: wrong }), body)))
    expect(heard).toMatchObject({ kind: 'observation', observation: { encryption: 'aes-cbc', integrity: 'none' } })
  })
})

describe('the register of meters', () => {
  it('counts from the next telegram on: added', () => {
    r.store.meters.remove(NAME)
    expect(r.hear(mode5(energy(1))).kind).toBe('unlisted')
    r.store.meters.put([{ meter: NAME, key: KEY }])
    expect(r.hear(mode5(energy(2))).kind).toBe('observation')
  })

  it('removed', () => {
    expect(r.hear(mode5(energy(1))).kind).toBe('observation')
    r.store.meters.remove(NAME)
    expect(r.hear(mode5(energy(2))).kind).toBe('unlisted')
  })

  it('with another key', () => {
    r.store.meters.put([{ meter: NAME, key: OTHER_KEY }])
    expect(r.hear(mode5(energy(1)))).toMatchObject({ kind: 'fault', reason: 'tpl.key-wrong' })
    expect(r.hear(mode5(energy(2), { key: OTHER_KEY })).kind).toBe('observation')
  })

  it('with a key at last, and without one again', () => {
    r.store.meters.put([{ meter: NAME, key: null }])
    expect(r.hear(plain(energy(1))).kind).toBe('observation')
    expect(r.hear(mode5(energy(2)))).toMatchObject({ kind: 'fault', reason: 'tpl.key-missing' })
    r.store.meters.put([{ meter: NAME, key: KEY }])
    expect(r.hear(plain(energy(3)))).toMatchObject({ kind: 'refused', reason: 'policy.plain' })
  })

  it('knows a meter whichever way it is sent: itself, behind a converter, with bit 15', () => {
    const converter: Sender = { manufacturer: 'ELS', id: '11223344', version: 0x55, type: 0x37 }
    const converted = stripped(converter, ellPlain(longHeader(METER, energy(2), { key: KEY })))
    expect(r.hear(converted)).toMatchObject({ kind: 'observation', meter: NAME })
    r.store.meters.put([{ meter: NAME, key: null }])
    const local = plain(energy(3))
    local[3]! |= 0x80
    expect(r.hear(local)).toMatchObject({ kind: 'observation', meter: NAME, observation: { meter: NAME } })
  })
})

describe('a message in several telegrams', () => {
  it('is incomplete until its last one, and then an observation', () => {
    const fields = { control: 0x25, counter: 9 }
    const message = mode7(join(energy(5), volume(7), hex('2F'.repeat(60))), derive(KEY, 0, 9, METER))
    const mac = macOf({ ...fields, length: message.length }, message, derive(KEY, 1, 9, METER)).subarray(0, 8)
    const first = join(afl({ ...fields, fragment: 1, more: true }), message.subarray(0, 40))
    const last = join(afl({ mac, length: message.length, fragment: 2 }), message.subarray(40))
    expect(r.hear(stripped(METER, first))).toMatchObject({ kind: 'incomplete', reason: 'afl.fragment' })
    const whole = r.hear(stripped(METER, last))
    expect([whole.kind, fieldsOf(whole), whole.observation?.integrity]).toEqual(['observation', ['energy 5', 'volume 7'], 'mac'])
  })
})

describe('a compact frame', () => {
  const headers = hex('0406 0413')
  const compact = (kWh: number, litres: number): Uint8Array => {
    const full = join(energy(kWh), volume(litres))
    const content = join([0x79], integer(crc16(headers), 2), integer(crc16(full), 2), integer(kWh, 4), integer(litres, 4))
    return stripped(METER, ellSession(METER, content, { key: KEY }))
  }
  const full = (key: Uint8Array | null): Uint8Array =>
    stripped(METER, ellSession(METER, noHeader(join(energy(1), volume(1))), key ? { key } : {}))

  it('waits for a full frame of its meter, under its key', () => {
    expect(r.hear(compact(5, 7))).toMatchObject({ kind: 'fault', reason: 'apl.compact-unknown' })
    expect(r.hear(full(null))).toMatchObject({ kind: 'refused', reason: 'policy.plain' })
    expect(r.hear(compact(6, 8))).toMatchObject({ kind: 'fault', reason: 'apl.compact-unknown' })
    expect(r.hear(full(KEY)).kind).toBe('observation')
    expect(fieldsOf(r.hear(compact(7, 9)))).toEqual(['energy 7', 'volume 9'])
  })

  it('learns nothing from a plain one that is only reported', () => {
    r.close()
    start('report')
    expect(r.hear(full(null)).kind).toBe('observation')
    expect(r.hear(compact(5, 7))).toMatchObject({ kind: 'fault', reason: 'apl.compact-unknown' })
  })
})
