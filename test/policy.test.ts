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
    expect(refusalOf(datagram(encryption), meter(keyed), { plain })).toBe(refusal)
  })

  it('holds even a damaged key against a plain telegram', () => {
    expect(refusalOf(datagram('none'), meter(true), { plain: 'refuse' })).toBe('policy.plain')
  })

  it('takes plain telegrams of a meter that is allowed to send both', () => {
    expect(refusalOf(datagram('none'), { ...meter(true), plainAllowed: true }, { plain: 'refuse' })).toBeNull()
  })

  it('finds no downgrade where nothing is claimed', () => {
    expect(refusalOf(datagram('none', 'none', []), meter(true), { plain: 'refuse' })).toBeNull()
  })

  it('refuses a wrong message authentication code, whatever else is said', () => {
    for (const plain of ['refuse', 'report'] as const) {
      expect(refusalOf(datagram('aes-cbc', 'wrong'), meter(true), { plain })).toBe('policy.mac')
      expect(refusalOf(datagram('aes-cbc', 'right'), meter(true), { plain })).toBeNull()
    }
  })
})
