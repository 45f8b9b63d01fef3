import { describe, expect, it } from 'vitest'
import { address, decode, frame, open } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { METER } from '../support/records.ts'
import { crc16, ellSession, hex, integer, join, noHeader, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const VOLUME = noHeader(hex('0B13436587'))
const PLAIN = stripped(METER, ellSession(METER, VOLUME, { encryption: 1 }))
const SEALED = stripped(METER, ellSession(METER, VOLUME, { key: KEY }))

/** The last byte changed by who published the log: payload CRC and session number stay. */
const changed = (telegram: Uint8Array): Uint8Array => telegram.with(telegram.length - 1, 0x12)
const CHANGED = changed(PLAIN)

describe('a decrypted log that was changed since', () => {
  it('is read, and said to be that', () => {
    const d = decode(CHANGED, 'unknown', null)
    expect(d).toMatchObject({ fault: null, encryption: 'none', plainFrom: 0, notes: ['dll.unprotected', 'ell.crc-mismatch'] })
    expect(d.records.map(recordValue)).toEqual([126.543])
  })

  it('is not read where telegrams count, nor with a key', () => {
    expect(open(address(frame(CHANGED, 'unknown')), null).fault).toBe('ell.key-missing')
    expect(decode(CHANGED, 'unknown', aesKey(KEY)).fault).toBe('ell.key-wrong')
  })

  it.each([
    ['is cipher text', SEALED],
    ['does not end with its last record', stripped(METER, join(ellSession(METER, VOLUME, { encryption: 1 }), [0x04]))],
    ['is a manufacturer’s own', changed(stripped(METER, ellSession(METER, hex('A0 0102030405'), { encryption: 1 })))],
    ['has VIFs that nobody defined', changed(stripped(METER, ellSession(METER, noHeader(hex('01EF05 07')), { encryption: 1 })))],
  ])('stays closed where what follows the CRC %s', (_, telegram) => {
    expect(decode(telegram, 'stripped', null).fault).toBe('ell.key-missing')
  })
})

describe('a rest of the data link’s CRC behind an extended link layer', () => {
  it.each([1, 2])('is cut off loose hex, %i bytes of it', (count) => {
    const longer = (telegram: Uint8Array) => join(telegram, [0x5a, 0xa5].slice(0, count)).with(0, telegram.length - 1 + count)
    for (const [telegram, key] of [
      [PLAIN, null],
      [SEALED, aesKey(KEY)],
    ] as const) {
      const d = decode(longer(telegram), 'unknown', key)
      expect(d.fault).toBeNull()
      expect(d.notes).toContain('dll.trailing')
      expect(d.records.map(recordValue)).toEqual([876.543])
      expect(decode(longer(telegram), 'stripped', key).fault).not.toBeNull()
    }
  })
})

describe('a rest of a CRC behind the last record', () => {
  it.each(['04', 'FF', '5AA5', 'FFFF'])('is passed over in loose hex, noted: %s', (rest) => {
    const telegram = stripped(METER, join(VOLUME, hex(rest)))
    const d = decode(telegram, 'unknown', null)
    expect(d).toMatchObject({ fault: null, notes: ['dll.unprotected', 'apl.short-tail'], pos: telegram.length })
    expect(d.records.map(recordValue)).toEqual([876.543])
    expect(decode(telegram, 'stripped', null).fault).not.toBeNull()
  })
})

describe('cipher text that looks like a decrypted log, as one in 2^16 does', () => {
  it('is opened all the same where there is a key: payload CRC', () => {
    const content = ellSession(METER, VOLUME, { key: KEY, session: 135_311 })
    expect(integer(crc16(content.subarray(9)), 2)).toEqual(content.subarray(7, 9))
    const d = decode(stripped(METER, content), 'stripped', aesKey(KEY))
    expect(d).toMatchObject({ fault: null, encryption: 'ell-ctr', notes: [] })
    expect(d.records.map(recordValue)).toEqual([876.543])
  })

  it('is opened all the same where there is a key: 2F2F', () => {
    const content = shortHeader(METER, join(hex('0413'), integer(71_208, 4)), { key: KEY })
    expect(content.subarray(5, 7)).toEqual(hex('2F2F'))
    const d = decode(stripped(METER, content), 'stripped', aesKey(KEY))
    expect(d).toMatchObject({ fault: null, encryption: 'aes-cbc', notes: [] })
    expect(d.records.map(recordValue)).toEqual([71.208])
  })
})
