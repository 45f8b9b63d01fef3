import { describe, expect, it } from 'vitest'
import { refusalOf } from '../src/policy.ts'
import { type Datagram, emptyDatagram } from '../src/wmbus/datagram.ts'
import { read } from './support/records.ts'

const RECORDS = read('0406 01000000').records
const datagram = (encryption: Datagram['encryption'], mac: Datagram['mac'] = 'none', records = RECORDS): Datagram => ({
  ...emptyDatagram(),
  encryption,
  mac,
  records,
})
const meter = (keyed: boolean) => ({ meter: 'VMY-10000001', keyCheck: keyed ? '06B5AF' : null, plainAllowed: false, key: null })

describe('policy', () => {
  it.each([
    [false, 'none', 'refuse', null],
    [false, 'none', 'report', null],
    [true, 'none', 'refuse', 'policy.plain'],
    [true, 'none', 'report', null],
    [true, 'aes-cbc', 'refuse', null],
    [true, 'ell-ctr', 'refuse', null],
    [true, 'aes-ccm', 'refuse', null],
  ] as const)('keyed %s, encryption %s, plain: %s → %s', (keyed, encryption, plain, refusal) => {
    expect(refusalOf(datagram(encryption), meter(keyed), { plain }, undefined)).toBe(refusal)
  })

  it('holds even a damaged key against a plain telegram', () => {
    expect(refusalOf(datagram('none'), meter(true), { plain: 'refuse' }, undefined)).toBe('policy.plain')
  })

  it('takes plain telegrams of a meter that is allowed to send both', () => {
    expect(refusalOf(datagram('none'), { ...meter(true), plainAllowed: true }, { plain: 'refuse' }, undefined)).toBeNull()
  })

  it('finds no downgrade where nothing is claimed', () => {
    expect(refusalOf(datagram('none', 'none', []), meter(true), { plain: 'refuse' }, undefined)).toBeNull()
  })

  it('refuses a wrong message authentication code, whatever else is said', () => {
    for (const plain of ['refuse', 'report'] as const) {
      expect(refusalOf(datagram('aes-cbc', 'wrong'), meter(true), { plain }, undefined)).toBe('policy.mac')
      expect(refusalOf(datagram('aes-cbc', 'right'), meter(true), { plain }, undefined)).toBeNull()
    }
  })

  it('takes a wrong code only where the meter type says that nobody knows what its codes cover', () => {
    expect(refusalOf(datagram('aes-cbc', 'wrong'), meter(true), { plain: 'refuse' }, 'unverified')).toBeNull()
    expect(refusalOf(datagram('none', 'wrong'), meter(true), { plain: 'refuse' }, 'unverified')).toBe('policy.plain')
  })
})
