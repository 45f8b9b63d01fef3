import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type MessageJson, messageJson } from '../../src/sms/message.ts'
import { joinParts } from '../../src/sms/parts.ts'
import { deliverPdus } from '../../src/sms/pdu/deliver.ts'
import { decodePdu, isPdu } from '../../src/sms/pdu/pdu.ts'
import { type Spool, watchSpool } from '../../src/sms/spool.ts'

const messagesOf = (pdus: readonly string[]): MessageJson[] => {
  const parts = joinParts<number>({ lifetimeMs: 1, most: 9 })
  const decoded = pdus.map((pdu) => decodePdu(pdu)).filter(isPdu)
  return decoded.flatMap((pdu) => parts.add(pdu, 0, 0)).flatMap(({ message }) => (message ? [messageJson(message)] : []))
}

describe('a message as PDUs', () => {
  it('is the same message again, of any length', () => {
    const at = { utcMs: Date.parse('2026-11-24T05:15:30Z'), offsetMinutes: 60 }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const [message] = messagesOf(deliverPdus({ from: '+4520123456', at, text })!)
        expect(message).toMatchObject({ from: '+4520123456', at: '2026-11-24T06:15:30+01:00', text })
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (data) => {
        const [message] = messagesOf(deliverPdus({ from: 'KMD Varme', at: null, data })!)
        expect(message).toMatchObject({ from: 'KMD Varme', at: null, data: Buffer.from(data).toString('hex').toUpperCase() })
      }),
    )
  })

  it('keeps a zone west of Greenwich', () => {
    const [message] = messagesOf(deliverPdus({ from: '1231', at: { utcMs: 0, offsetMinutes: -210 }, text: 'x' })!)
    expect(message!.at).toBe('2069-12-31T20:30:00-03:30')
  })
})

const SMSTOOLS = (alphabet: string, body: string | Uint8Array): Uint8Array =>
  Buffer.concat([
    Buffer.from(
      `From: 4520123456\nFrom_TOA: 91 international, ISDN/telephone\nFrom_SMSC: 4540590000\nSent: 26-11-24 06:15:30\nReceived: 26-11-24 06:15:34\nSubject: GSM1\nReport: no\nAlphabet: ${alphabet}\nUDH: false\n\n`,
    ),
    typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
  ])
const KAMSTRUP = `114931.6 MWh,
25.99 MW,
1657074 m3
379.8 m3/h,
Meter No.: 5300279,
T1: 93.15 C,
T2: 32.00 C,
Info code: 0,
7373 Hours`
const DETAIL = (coding: string, hex: string): string => `; Created by Gammu\n[SMSBackup000]
SMSC = "+4540590000"
State = UnRead
Number = "+4520123456"
Coding = ${coding}
DateTime = 20261124T061530
Text00 = ${hex}
`

describe('a spool directory', () => {
  let directory: string
  let clock: ManualClock
  let taken: string[]
  let spool: Spool
  let refuse: boolean
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-spool-'))
    clock = manualClock(0)
    taken = []
    refuse = false
  })
  afterEach(() => {
    spool.stop()
    rmSync(directory, { recursive: true })
  })
  const watch = (format: 'smstools3' | 'gammu'): void => {
    spool = watchSpool({
      directory,
      format,
      commit(pdus) {
        if (refuse) throw new Error('the disk is full')
        taken.push(...pdus)
      },
      momentOf: (time) => ({ utcMs: Date.parse(`${time}+01:00`), offsetMinutes: 60 }),
      clock,
      log: silentLog,
    })
    spool.start()
  }
  const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(directory, name), content)
  /** Looks twice: a file that changes meanwhile is still being written. */
  const looked = (): MessageJson[] => {
    clock.advance(25_000)
    return messagesOf(taken)
  }
  const MESSAGE = { from: '+4520123456', at: '2026-11-24T06:15:30+01:00', parts: 1 }

  it.each<[string, Uint8Array, object]>([
    ['ISO', SMSTOOLS('ISO', 'Måler 5300279, 12 m³\n'), { text: 'Måler 5300279, 12 m³' }],
    ['UTF-8', SMSTOOLS('UTF-8', Buffer.from('12 m³, 3 €')), { text: '12 m³, 3 €' }],
    ['UCS2', SMSTOOLS('UCS2', Buffer.from('m³', 'utf16le').swap16()), { text: 'm³' }],
    ['binary, with an empty line in it', SMSTOOLS('binary', Uint8Array.of(0x68, 0, 10, 10, 0xff, 10)), { data: '68000A0AFF0A' }],
  ])('of smstools3 is read out: %s', (_, file, said) => {
    watch('smstools3')
    put('GSM1.aB3x', file)
    expect(looked()).toEqual([{ ...MESSAGE, ...said }])
    expect(readdirSync(directory)).toEqual([])
    expect(spool.health()).toMatchObject({ taken: 1, unread: 0, trouble: null })
  })

  /** Written by smstools3 3.1.21 of Debian 12, with the modem of these tests on its serial port. */
  it.each<[string, object]>([
    ['kamstrup', { text: KAMSTRUP, parts: 2 }],
    ['danish-euro', { text: 'Måler 5300279: 12 € ÆØÅ {x}', at: '2026-11-24T06:16:30+01:00' }],
    ['ucs2', { text: 'm³ and ℃ in UCS-2' }],
    ['binary', { data: '6803036808000A12160A0DFF' }],
    ['long', { text: 'long '.repeat(50), at: '2026-11-24T06:17:30+01:00', parts: 4 }],
    ['letters', { from: 'Fjernvarme', text: 'sender in letters' }],
  ])('that smstools3 wrote itself is read out: %s', (name, said) => {
    watch('smstools3')
    put('GSM1.aB3x', readFileSync(new URL(`../fixtures/sms/smstools3/${name}`, import.meta.url)))
    expect(looked()).toEqual([{ ...MESSAGE, ...said }])
  })

  it.each<[string, string, string | Uint8Array, object]>([
    ['detail', 'IN20261124_061530_00_+4520123456_00.smsbackup', DETAIL('Default', '006D00B3'), { text: 'm³' }],
    ['detail, 8bit', 'IN20261124_061530_00_+4520123456_00.smsbackup', DETAIL('8bit', '6800FF16'), { data: '6800FF16' }],
    ['standard', 'IN20261124_061530_00_+4520123456_00.txt', '5300279', { text: '5300279' }],
    ['unicode', 'IN20261124_061530_00_+4520123456_00.txt', Buffer.from('m³', 'utf16le').swap16(), { text: 'm³' }],
  ])('of gammu-smsd is read out: %s', (_, name, file, said) => {
    watch('gammu')
    put(name, file)
    expect(looked()).toEqual([{ ...MESSAGE, ...said }])
    expect(readdirSync(directory)).toEqual([])
  })

  it('keeps what could not be stored, and what is no message', () => {
    watch('smstools3')
    put('notes.txt', 'no message')
    put('GSM1.aB3x', SMSTOOLS('ISO', 'kept'))
    refuse = true
    expect(looked()).toEqual([])
    expect(spool.health().trouble).toContain('the disk is full')
    refuse = false
    expect(looked()).toMatchObject([{ text: 'kept' }])
    expect(readdirSync(directory)).toEqual(['notes.txt'])
    expect(spool.health()).toMatchObject({ taken: 1, unread: 1, trouble: null })
  })

  it('waits for a file to be whole', () => {
    watch('smstools3')
    put('GSM1.aB3x', SMSTOOLS('ISO', 'whole'))
    clock.advance(10_000)
    expect(taken).toEqual([])
    expect(existsSync(join(directory, 'GSM1.aB3x'))).toBe(true)
    clock.advance(10_000)
    expect(messagesOf(taken)).toHaveLength(1)
  })

  it('that is not there is a trouble, and is found once it is', () => {
    rmSync(directory, { recursive: true })
    watch('smstools3')
    expect(spool.health().trouble).toContain('cannot be read out')
    directory = mkdtempSync(join(tmpdir(), 'varmesky-spool-'))
  })
})
