import { describe, expect, it } from 'vitest'
import { emptyDatagram } from '../../src/wmbus/datagram.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { openedPrios } from '../../src/wmbus/lfsr.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { hex, longHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

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

  it('comes with either C-field of a meter that speaks first, repeated or not', () => {
    for (const control of [0x44, 0x46, 0xc4, 0xc6]) expect(open(changed(1, control))).toMatchObject({ fault: null, encryption: 'lfsr' })
  })

  it('of a number that is unique only locally is tried, too', () => {
    expect(open(changed(3, TELEGRAM[3]! | 0x80)).fault).toBe('tpl.key-wrong')
  })

  it('has a mode of the manufacturer’s own, from 16 on', () => {
    const [low, high] = [13, 14]
    expect([TELEGRAM[low], TELEGRAM[high]]).toEqual([0x2b, 0xd0])
    expect(open(changed(high, 0xcf)).fault).toBe('tpl.mode-unsupported')
    expect(open(changed(high, 0xd1)).fault).toBe('tpl.key-wrong')
  })

  it('stands behind a short header', () => {
    const sender: Sender = { manufacturer: 'DFS', id: '10000001', version: 1, type: 4 }
    const configurationField = 0x1000
    const body = new Uint8Array(20)
    expect(open(stripped(sender, shortHeader(sender, body, { configurationField }))).fault).toBe('tpl.key-wrong')
    expect(open(stripped(sender, longHeader(sender, body, { configurationField }))).fault).toBe('tpl.mode-unsupported')
  })

  it('stays as it was received where no check sum fits', () => {
    const damaged = changed(TELEGRAM.length - 1, TELEGRAM.at(-1)! ^ 1)
    expect(open(damaged)).toMatchObject({ bytes: damaged, encryption: 'none', records: [] })
  })
})

describe('PRIOS', () => {
  /** A water meter of a public telegram, behind its CI-field A2. */
  const PRIOS = hex('1944304C72212442D401146BA2013D4013162858C4B878ABC7D98BB2E003')
  const behind = (bytes: Uint8Array, manufacturerFrom = 11) => ({ ...emptyDatagram(), bytes, manufacturerFrom, end: bytes.length })

  it('has four bytes in the clear, and the rest is opened under both keys', () => {
    const opened = openedPrios(decode(PRIOS, 'unknown', null))
    expect(opened.map((bytes) => bytes.length)).toEqual([11, 11])
    expect(opened[0]).not.toEqual(opened[1])
    expect(opened.map((bytes) => bytes[0] === 0x4b)).toContain(true)
  })

  it('is opened by what it was scrambled with', () => {
    const bytes = PRIOS.slice()
    for (const [i, once] of openedPrios(behind(bytes)).entries()) {
      const again = behind(bytes.slice())
      again.bytes.set(once, 15)
      expect(openedPrios(again)[i]).toEqual(bytes.subarray(15))
    }
  })

  it('may have nothing behind its header, and without one it is none', () => {
    expect(openedPrios(behind(PRIOS.subarray(0, 15)))).toEqual([new Uint8Array(0), new Uint8Array(0)])
    expect(openedPrios(behind(PRIOS.subarray(0, 14)))).toEqual([])
  })
})
