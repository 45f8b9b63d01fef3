import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { hex } from '../support/telegrams.ts'

/** A Danfoss SonoMeter of wmbusmeters issue 1253; its owner read 24007 kWh and 9549.82 m3 at the meter. */
const TELEGRAM = hex('3944D3102F04684049417ACE502BD0DCC3F55D144EF906B1FB0B0948DBCE7AFACC254E924C07184513993ED3BA50730516C23ADB186C747AF724')
const open = (bytes: Uint8Array, key: Uint8Array | null = null) => decode(bytes, 'stripped', key && aesKey(key))
const changed = (at: number, byte: number): Uint8Array => TELEGRAM.with(at, byte)

describe('Diehl real data', () => {
  it('opens with the default key whose check sum fits', () => {
    const d = open(TELEGRAM)
    expect(d).toMatchObject({ fault: null, encryption: 'lfsr', mac: 'none', plainFrom: 0 })
    expect(d.records).toHaveLength(8)
    expect(d.records.slice(0, 2).map(recordValue)).toEqual([24007, 9549.82])
  })

  it('is a fault where no check sum fits', () => {
    expect(open(changed(TELEGRAM.length - 1, TELEGRAM.at(-1)! ^ 1)).fault).toBe('tpl.key-wrong')
  })

  it('is not tried for other makers, other C-fields, or a meter with a key of its own', () => {
    expect(open(changed(2, 0xd4)).fault).toBe('tpl.mode-unsupported')
    expect(open(changed(1, 0x08)).fault).toBe('tpl.mode-unsupported')
    expect(open(TELEGRAM, hex('00'.repeat(16))).fault).toBe('tpl.mode-unsupported')
  })
})
