import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { sessionKeys } from '../../src/wmbus/kdf.ts'
import { aesKey, authenticationCode } from '../../src/wmbus/security.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { afl, cmac, derive, mode7 } from '../support/sessions.ts'
import { hex, join, type Sender, stripped } from '../support/telegrams.ts'

const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x03 }
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const OTHER = hex('F00102030405060708090A0B0C0D0E0F')
const RECORDS = hex('0C1427048502')

/** OMS Vol. 2 annex N, CEN/TR 17167 F.3: security profile B, key 000102…0F. */
const ANNEX_N: readonly (readonly [name: string, crc: CrcLayout, telegram: string])[] = [
  [
    'integrated radio',
    'stripped',
    '4344931578563412 3303 8C2075 900F002C25B30A000021924D4F2FB66E01 7A75002007109058475F4BC91DF878B80A1B0F98B629024AAC727942BFC549233C0140829B93',
  ],
  [
    'integrated radio, frame format A',
    'A',
    '434493157856341233037AC98C2075900F002C25B30A000021924D4FBA372FB66E017A75002007109058475F4BC9D1281DF878B80A1B0F98B629024AAC7279429398BFC549233C0140829B93BAA1',
  ],
  [
    'radio adapter with its own address',
    'stripped',
    '530824484433221103378E80753A63665544330A31900F002C25B30A0000AF5D74DF73A600D972785634129315330375002007109058475F4BC91DF878B80A1B0F98B629024AAC727942BFC549233C0140829B93',
  ],
]

describe('security mode 7', () => {
  it.each(ANNEX_N)('opens the telegram of annex N: %s', (_, crc, telegram) => {
    const d = decode(hex(telegram), crc, aesKey(KEY))
    expect(d).toMatchObject({ fault: null, notes: [], mac: 'right', encryption: 'aes-cbc', messageCounter: 0x0ab3 })
    expect(d.records.map(recordValue)).toEqual([28504.27, '2008-05-31T23:50', 0])
    expect(d.records.every((r) => r.protected)).toBe(true)
  })

  it('knows no key and a wrong key apart', () => {
    const telegram = hex(ANNEX_N[0]![2])
    expect(decode(telegram, 'stripped', null)).toMatchObject({ fault: 'tpl.key-missing', mac: 'none' })
    expect(decode(telegram, 'stripped', aesKey(hex('01'.repeat(16))))).toMatchObject({ fault: 'tpl.key-wrong', mac: 'wrong' })
  })

  it('takes counter and key version from the transport header where it has them', () => {
    const body = mode7(RECORDS, derive(KEY, 0, 77, METER), { extension: 0x50, counter: 77, keyVersion: 3 })
    const d = decode(stripped(METER, join(afl({ counter: 5 }), body)), 'stripped', aesKey(KEY))
    expect(d).toMatchObject({
      fault: null,
      messageCounter: 77,
      encryption: 'aes-cbc',
      tpl: { configurationExtension: 0x50, keyVersion: 3 },
    })
    expect(d.records).toHaveLength(1)
  })

  it('uses the key itself where the selector says so', () => {
    expect(decode(stripped(METER, mode7(RECORDS, KEY, { extension: 0x00 })), 'stripped', aesKey(KEY)).fault).toBeNull()
  })

  it('needs a counter to derive a key, and a derivation it knows', () => {
    const faultOf = (extension: number) => decode(stripped(METER, mode7(RECORDS, KEY, { extension })), 'stripped', aesKey(KEY)).fault
    expect(faultOf(0x10)).toBe('tpl.counter-missing')
    expect(faultOf(0x20)).toBe('tpl.mode-unsupported')
  })

  it('ends inside the extension of its header', () => {
    expect(decode(stripped(METER, hex('7A 75 00 1027 10 0102')), 'stripped', aesKey(KEY)).fault).toBe('tpl.truncated')
  })

  it('reads a log that was decrypted already', () => {
    const d = decode(stripped(METER, join(hex('7A 75 00 1007 10 2F2F'), RECORDS)), 'stripped', null)
    expect(d).toMatchObject({ fault: null, encryption: 'none', notes: ['tpl.already-decrypted'] })
    expect(d.records).toHaveLength(1)
  })
})

describe('key derivation', () => {
  it('is AES-CMAC as node-aes-cmac has it', () => {
    for (let length = 0; length < 70; length++) {
      const message = Uint8Array.from({ length }, (_, i) => 7 * i + length)
      expect(authenticationCode(aesKey(KEY), message)).toEqual(cmac(KEY, message))
    }
  })

  it('gives the keys annex N prints', () => {
    const { encryption, authentication } = sessionKeys(aesKey(KEY), 0x0ab3, 0x12345678)
    expect(encryption.bytes).toEqual(hex('ECCF39D475D730B8284FDFDC1995D52F'))
    expect(authentication.bytes).toEqual(hex('C9CD19FF5A9AAD5A6BBDA13BD2C4C7AD'))
  })

  it('keeps the last pair only', () => {
    const key = aesKey(KEY)
    const first = sessionKeys(key, 1, 0x12345678)
    expect(sessionKeys(key, 1, 0x12345678)).toBe(first)
    expect(sessionKeys(key, 2, 0x12345678).encryption.bytes).toEqual(derive(KEY, 0, 2, METER))
    const other = { ...METER, id: '12345679' }
    expect(sessionKeys(key, 2, 0x12345679).encryption.bytes).toEqual(derive(KEY, 0, 2, other))
    expect(sessionKeys(key, 1, 0x12345679).encryption.bytes).toEqual(derive(KEY, 0, 1, other))
    expect(sessionKeys(key, 1, 0x12345678)).not.toBe(first)
    expect(sessionKeys(aesKey(OTHER), 1, 0x12345678).encryption.bytes).toEqual(derive(OTHER, 0, 1, METER))
  })
})
