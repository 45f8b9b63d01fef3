import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { momentOf } from '../../src/sms/local-times.ts'
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
/** Bytes 00 to C7. */
const COUNTING = Buffer.from(Uint8Array.from({ length: 200 }, (_, i) => i))
  .toString('hex')
  .toUpperCase()

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
      momentOf: (time) => momentOf(time, 'Europe/Copenhagen'),
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
    ['kamstrup', { text: KAMSTRUP }],
    ['danish-euro', { text: 'Måler 5300279: 12 € ÆØÅ {x}', at: '2026-11-24T06:16:30+01:00' }],
    ['ucs2', { text: 'm³ and ℃ in UCS-2' }],
    ['binary', { data: '6803036808000A12160A0DFF' }],
    ['binary-long', { data: COUNTING, at: '2026-11-24T06:19:30+01:00', parts: 2 }],
    ['long', { text: 'long '.repeat(50), at: '2026-11-24T06:17:30+01:00', parts: 2 }],
    ['letters', { from: 'Fjernvarme', text: 'sender in letters' }],
  ])('that smstools3 wrote itself is read out: %s', (name, said) => {
    watch('smstools3')
    put('GSM1.aB3x', readFileSync(new URL(`../fixtures/sms/smstools3/${name}`, import.meta.url)))
    expect(looked()).toEqual([{ ...MESSAGE, ...said }])
  })

  it('that smstools3 wrote of parts it was told not to join is one message', () => {
    watch('smstools3')
    for (const part of ['part-2', 'part-1', 'GSM1-concatenated'])
      put(part === 'GSM1-concatenated' ? part : `GSM1.${part}`, readFileSync(new URL(`../fixtures/sms/smstools3/${part}`, import.meta.url)))
    expect(looked()).toEqual([{ ...MESSAGE, text: 'long '.repeat(50), at: '2026-11-24T06:17:30+01:00', parts: 2 }])
    // What it keeps for itself, of parts that wait for others, stays, and is nothing to be told of.
    expect([readdirSync(directory), spool.health().unread]).toEqual([['GSM1-concatenated'], 0])
  })

  /** Written by gammu-smsd 1.42.0 of Debian 12, with the modem of these tests on its serial port and `inboxformat = detail`. */
  it.each<[string, string, object]>([
    ['kamstrup', 'IN20261124_061530_00_+4520123456_00.txt', { text: KAMSTRUP }],
    ['danish-euro', 'IN20261124_061630_00_+4520123456_00.txt', { text: 'Måler 5300279: 12 € ÆØÅ {x}', at: '2026-11-24T06:16:30+01:00' }],
    ['ucs2', 'IN20261124_061530_01_+4520123456_00.txt', { text: 'Temperatur 93,15 ℃' }],
    ['binary', 'IN20261124_061830_00_+4520123456_00.bin', { data: '6803036808000A12160A0DFF', at: '2026-11-24T06:18:30+01:00' }],
    ['binary-long', 'IN20261124_061930_00_+4520123456_00.bin', { data: COUNTING, at: '2026-11-24T06:19:30+01:00', parts: 2 }],
    ['long', 'IN20261124_061730_00_+4520123456_00.txt', { text: 'long '.repeat(50), at: '2026-11-24T06:17:30+01:00', parts: 2 }],
    ['letters', 'IN20261124_061530_00_Fjernvarmen_00.txt', { from: 'Fjernvarmen', text: 'x' }],
    ['summer', 'IN20260724_062030_00_+4520123456_00.txt', { text: 'summer', at: '2026-07-24T06:20:30+02:00' }],
    ['no-zone', 'IN20261124_062230_00_+4520123456_00.txt', { text: 'zone zero', at: '2026-11-24T06:22:30+00:00' }],
  ])('that gammu-smsd wrote itself is read out: %s', (name, file, said) => {
    watch('gammu')
    put(file, readFileSync(new URL(`../fixtures/sms/gammu/${name}`, import.meta.url)))
    expect(looked()).toEqual([{ ...MESSAGE, ...said }])
    expect(readdirSync(directory)).toEqual([])
  })

  it('that gammu-smsd gave up waiting for is a part still: never a message of its own', () => {
    watch('gammu')
    put('IN20261124_062130_00_+4520123456_00.txt', readFileSync(new URL('../fixtures/sms/gammu/half', import.meta.url)))
    expect(looked()).toEqual([])
    expect(taken.map((pdu) => decodePdu(pdu))).toMatchObject([{ part: { reference: 11, total: 3, number: 1 } }])
    expect(readdirSync(directory)).toEqual([])
  })

  it.each<[string, string, string | Uint8Array]>([
    ['standard', 'IN20261124_061530_00_+4520123456_00.txt', '5300279'],
    ['unicode', 'IN20261124_061530_00_+4520123456_00.txt', Buffer.from('\ufeff5300279', 'utf16le').swap16()],
    ['raw', 'IN20261124_061530_00_+4520123456_00.bin', Uint8Array.of(0x68, 0, 0xff)],
    ['cut', 'IN20261124_061530_00_+4520123456_00.txt', '[SMSBackup000]\nNumber = "+4520123456"\n'],
  ])('of gammu-smsd in another format, which may be half a message, stays: %s', (_, name, file) => {
    watch('gammu')
    put(name, file)
    expect([looked(), readdirSync(directory), spool.health().unread]).toEqual([[], [name], 1])
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
