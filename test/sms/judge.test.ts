import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { registryWith } from '../../src/decoders/index.ts'
import type { Observation } from '../../src/decoders/observation.ts'
import { READY, type Template, templateProblem } from '../../src/sms/formats/template.ts'
import { type JudgeParts, judgeWith, SMS_REASONS } from '../../src/sms/judge.ts'
import type { SmsMessage } from '../../src/sms/message.ts'
import { readSenders, senderOf } from '../../src/sms/senders.ts'
import { decimal } from '../../src/wmbus/decimal.ts'
import { aesKey } from '../../src/wmbus/security.ts'

const FROM = '+4520123456'
const AT = '2026-11-24T06:15:30+01:00'
const KAMSTRUP = `114931.6 MWh,
25.99 MW,
1657074 m3
379.8 m3/h,
Meter No.: 5300279,
T1: 93.15 C,
T2: 32.00 C,
Info code: 0,
7373 Hours`
const METERS: Readonly<Record<string, string>> = {
  '5300279': 'KAM-05300279',
  '05300279': 'KAM-05300279',
  'KAM-05300279': 'KAM-05300279',
  '10101010': 'KAM-10101010',
  'ELS-12345678': 'ELS-12345678',
  '05047168': 'ELV-05047168',
  K4711: 'KAM-05300279',
}
const SENDERS = `phone;manufacturer;id
+45 20 12 34 56;KAM;5300279
+4520123457;KAM;10101010
+4520123457;ELS;12345678
Fjernvarme;KAM;05300279`

const message = (body: string | Uint8Array, from = FROM, at: string | null = AT): SmsMessage =>
  typeof body === 'string'
    ? { from, at, alphabet: 'ucs2', content: Uint8Array.from(Buffer.from(body, 'utf16le').swap16()), parts: 1 }
    : { from, at, alphabet: '8bit', content: body, parts: 1 }

const parts: JudgeParts = {
  senders: () => readSenders(SENDERS),
  templates: [READY['key-value']!, READY['semicolon']!, READY['elvaco']!],
  now: () => ({ bootId: 'boot', monotonicMs: 1, utcMs: 2 }),
  // Copenhagen in winter.
  instantOf: (local, zone) => Date.parse(`${local}${zone === 'UTC' ? 'Z' : '+01:00'}`),
  registry: registryWith([]),
  find: (name) => (METERS[name] === undefined ? null : { meter: METERS[name], key: null }),
  endOf: () => null,
}
const judge = judgeWith(parts)

const valuesOf = ({ measurements }: Observation) =>
  Object.fromEntries(measurements.map(({ name, raw, exponent, unit }) => [name, `${decimal(raw, exponent)} ${unit}`]))
const read = (body: string | Uint8Array, from?: string, at?: string | null): Observation => {
  const judged = judge(message(body, from, at), false)
  if ('reason' in judged) throw new Error(judged.reason)
  return judged.observation
}
const reason = (body: string | Uint8Array, from?: string, at?: string | null): string => {
  const judged = judge(message(body, from, at), false)
  return 'reason' in judged ? judged.reason : 'none'
}

const ALL = {
  energy: '114931.6 MWh',
  volume: '1657074 m3',
  onTime: '7373 h',
  power: '25.99 MW',
  flowRate: '379.8 m3/h',
  flowTemperature: '93.15 °C',
  returnTemperature: '32.00 °C',
}

describe('the text of a Kamstrup GSM module', () => {
  it('is a reading of the moment the network had it', () => {
    const observation = read(KAMSTRUP)
    expect(valuesOf(observation)).toEqual(ALL)
    expect(observation).toMatchObject({
      meter: 'KAM-05300279',
      path: 'sms',
      integrity: 'none',
      encryption: 'none',
      deviceType: 'heat',
      status: { code: '0' },
      clock: 'network',
      heard: { bootId: 'boot', utcMs: Date.parse(AT) },
    })
    expect(observation.measurements.find(({ name }) => name === 'energy')).toMatchObject({ kind: 'register', obis: '6-0:1.0.0*255' })
  })

  it.each([
    ['m³ of UCS-2', KAMSTRUP.replaceAll('m3', 'm³')],
    ['CR LF', KAMSTRUP.replaceAll('\n', '\r\n')],
    ['commas only', KAMSTRUP.replaceAll(/,?\n/g, ', ')],
    ['a comma at the end', `${KAMSTRUP},\n`],
    ['no full stop behind No', KAMSTRUP.replace('No.:', 'No:')],
    ['another order', KAMSTRUP.split('\n').reverse().join('\n')],
  ])('is read with %s', (_, text) => {
    const observation = read(text)
    expect(observation.measurements.length).toBe(7)
    expect(Object.fromEntries(Object.entries(valuesOf(observation)))).toEqual(ALL)
  })

  it.each([
    ['114931 kWh', 'energy', '114931 kWh'],
    ['12.345 GJ', 'energy', '12.345 GJ'],
    ['7 Gcal', 'energy', '7 Gcal'],
  ])('has the unit the meter has: %s', (line, name, value) => {
    expect(valuesOf(read(`${line},\n12.0 m3,\n340 l/h,\n2 kW,\nMeter No.: 5300279`))).toMatchObject({ [name]: value, flowRate: '340 l/h' })
  })

  it('of an electricity meter is read too', () => {
    const observation = read('32432 kWh,\n343 W,\n2452 Hours,\nMeter No.: 10101010', '+4520123457')
    expect(observation.deviceType).toBe('electricity')
    expect(valuesOf(observation)).toEqual({ energy: '32432 kWh', power: '343 W', onTime: '2452 h' })
  })

  it.each([
    ['a word nobody knows', `${KAMSTRUP}\nBattery: low`],
    ['two energies', `1 MWh,\n${KAMSTRUP}`],
    ['two meters', `${KAMSTRUP}\nMeter No.: 5300280`],
    ['no unit', KAMSTRUP.replace(' MWh', '')],
    ['a unit that is none', KAMSTRUP.replace('MWh', 'MWs')],
    ['a decimal comma', KAMSTRUP.replace('114931.6', '114931,6')],
    ['no meter', KAMSTRUP.replace('Meter No.: 5300279,\n', '')],
    ['an advert', 'Din saldo er 12 kr.'],
  ])('with %s is not', (_, text) => {
    expect(reason(text)).toBe('sms.unread')
  })

  it.each(['2.34 bar,\n2.23 bar,\nMeter No.: 5300279', 'Signal: 14 (0-31)', 'Signal: 2(0-4)LEDS, UMTS'])(
    'to another question has no register: %s',
    (text) => expect(reason(text)).toBe('sms.no-value'),
  )

  it('that tells of no answer is told apart', () => {
    expect(reason('No meter response')).toBe('sms.no-answer')
  })
})

describe('who sends it', () => {
  it('must be on the list, and for this meter', () => {
    expect(reason(KAMSTRUP, '+4599999999')).toBe('sms.sender')
    expect(reason(KAMSTRUP, '+4520123457')).toBe('sms.bound')
    expect(reason(KAMSTRUP.replace('5300279', '999'))).toBe('sms.unlisted')
    expect(read(KAMSTRUP, 'Fjernvarme').meter).toBe('KAM-05300279')
  })

  it('is bound to the meter by whichever of its names', () => {
    const renamed = judgeWith({ ...parts, find: (name) => (/5300279$/.test(name) ? { meter: 'KAM-71000001', key: null } : null) })
    expect(renamed(message(KAMSTRUP), false)).toMatchObject({ observation: { meter: 'KAM-71000001' } })
    expect(renamed(message(KAMSTRUP, '+4520123457'), false)).toEqual({ reason: 'sms.bound' })
  })

  it('does not matter where a person vouches for it', () => {
    expect(judgeWith(parts)(message(KAMSTRUP, '+4599999999'), true)).toHaveProperty('observation')
  })

  it('does not matter where the way of its meter by SMS has ended, unless a person vouches for it', () => {
    const ended = judgeWith({ ...parts, endOf: () => 'sms.ended' })
    expect(ended(message(KAMSTRUP), false)).toEqual({ reason: 'sms.ended' })
    expect(ended(message(KAMSTRUP), true)).toHaveProperty('observation')
    const replaced = judgeWith({ ...parts, endOf: () => 'sms.replaced' })
    expect([false, true].map((trusted) => replaced(message(KAMSTRUP), trusted))).toEqual([
      { reason: 'sms.replaced' },
      { reason: 'sms.replaced' },
    ])
  })

  it('is written in many ways', () => {
    expect(['+45 20 12 34 56', '004520123456', '+45-20123456', 'KMD Varme'].map(senderOf)).toEqual([FROM, FROM, FROM, 'KMD Varme'])
  })

  it('a line that is wrong is named by its number alone', () => {
    expect(() => readSenders('+4520123456;KAM\n')).toThrow(/^line 1 /)
    expect(() => readSenders('+4520123456;KAM\n')).not.toThrow(/2012 ?3456;KAM$/)
  })
})

const wired: { telegram: string } = JSON.parse(readFileSync('test/fixtures/spec/oms-n-2-2-gas-wired.json', 'utf8'))
const FRAME = Uint8Array.from(Buffer.from(wired.telegram, 'hex'))

describe('an M-Bus frame', () => {
  it('is read as data and as hexadecimal text', () => {
    for (const body of [FRAME, wired.telegram, wired.telegram.toLowerCase()]) {
      const observation = read(body, '+4520123457')
      expect(observation).toMatchObject({ meter: 'ELS-12345678', path: 'sms', integrity: 'none', meterTime: '2008-05-31T23:50' })
      expect(valuesOf(observation)).toEqual({ volume: '28504.27 m3' })
    }
  })

  it('with a wrong checksum is not, nor one of another meter than the sender’s', () => {
    expect(
      reason(
        FRAME.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
        '+4520123457',
      ),
    ).toBe('frame.checksum')
    expect(reason(FRAME)).toBe('sms.bound')
  })

  it('is opened with the key of its meter', () => {
    const standard: { telegram: string; key: string } = JSON.parse(readFileSync('test/fixtures/spec/oms-n-2-1-gas-mode5.json', 'utf8'))
    // The same meter's radio frame as a wired one: what follows the CI is the same.
    const radio = Buffer.from(standard.telegram, 'hex')
    const ci = radio.indexOf(Buffer.from('7A', 'hex'), 10)
    const address = radio.subarray(2, 10)
    const tail = Buffer.concat([Buffer.of(0x08, 0xfd, 0x72), address.subarray(2, 6), address.subarray(0, 2), address.subarray(6, 8)])
    const whole = Buffer.concat([tail, radio.subarray(ci + 1)])
    const sum = whole.reduce((all, byte) => (all + byte) & 0xff, 0)
    const long = Uint8Array.from([0x68, whole.length, whole.length, 0x68, ...whole, sum, 0x16])
    const withKey = judgeWith({ ...parts, find: (name) => ({ meter: name, key: aesKey(Buffer.from(standard.key, 'hex')) }) })
    const judged = withKey(message(long, '+4520123457'), true)
    expect(judged).toMatchObject({ observation: { encryption: 'aes-cbc', integrity: 'none', path: 'sms' } })
    expect(judge(message(long, '+4520123457'), true)).toHaveProperty('reason')
  })

  it('in a row of a logger has the time of the row, and must be of its meter', () => {
    const raw = wired.telegram.slice(8, -4)
    const row = (meter: string): string => `00000161;${meter};2026-11-24 00:00:00;00;${raw}`
    expect(reason(row('05047168'), '+4520123457')).toBe('sms.meter-differs')
    const named = judgeWith({ ...parts, find: () => ({ meter: 'ELS-12345678', key: null }) })
    expect(named(message(row('12345678'), '+4520123457'), false)).toMatchObject({
      observation: { meter: 'ELS-12345678', clock: 'meter', heard: { utcMs: Date.parse('2026-11-23T23:00:00Z') } },
    })
  })
})

describe('a template', () => {
  it('reads key and value lines in any order, and the time among them', () => {
    const text =
      'Station 7\nRetur: 32.0 C\nEnergi: 12.345 MWh\nMålernr.: 5300279\nVolumen: 1657.1 m3\nTimer: 7373 h\nTid: 2026-11-24 00:00\nInfo: 16'
    const observation = read(text)
    expect(valuesOf(observation)).toEqual({
      energy: '12.345 MWh',
      volume: '1657.1 m3',
      onTime: '7373 h',
      returnTemperature: '32.0 °C',
    })
    expect(observation).toMatchObject({ status: { code: '16' }, clock: 'meter', heard: { utcMs: Date.parse('2026-11-23T23:00:00Z') } })
  })

  it('reads rows with semicolons', () => {
    const observation = read('5300279;2026-11-24 00:00:00;12.345;MWh;1657.1;m3;7373')
    expect(valuesOf(observation)).toEqual({ energy: '12.345 MWh', volume: '1657.1 m3', onTime: '7373 h' })
    expect(reason('5300279;yesterday;12.345;MWh;1657.1;m3')).toBe('sms.unread')
    expect(reason('5300279;2026-11-24 00:00:00;12.345;;1657.1;m3')).toBe('sms.unread')
  })

  it('of the configuration has decimal comma, units, order of dates and zone of its own', () => {
    const own: Template = {
      name: 'own',
      match: '^E=(?<energy>[\\d,]+) t=(?<time>\\S+ \\S+)$',
      decimal: ',',
      units: { energy: 'MWh' },
      date: 'dmy',
      zone: 'UTC',
    }
    expect(templateProblem(own)).toBeNull()
    const judged = judgeWith({ ...parts, templates: [own] })(message('E=12,50 t=24-11-2026 05:00'), false)
    expect(judged).toMatchObject({
      observation: { meter: 'KAM-05300279', decoder: 'sms-own/1', clock: 'meter', heard: { utcMs: Date.parse('2026-11-24T05:00:00Z') } },
    })
  })

  it('of later than the network had it is refused, and one of no time at all', () => {
    expect(reason('5300279;2026-11-25 00:00:00;12.345;MWh;1657.1;m3')).toBe('sms.future')
    expect(reason(KAMSTRUP, FROM, null)).toBe('sms.no-time')
  })

  it.each([
    ['(?<energy>\\d+', 'no regular expression'],
    ['(?<energy>\\d+)', 'gives "energy" no unit'],
    ['(?<energie>\\d+)', 'has a group "energie"'],
    ['(?<meter>\\d+)', 'reads no value'],
  ])('that cannot work is told: %s', (match, problem) => {
    expect(templateProblem({ name: 'x', match })).toContain(problem)
  })

  it('that is ready can work', () => {
    for (const template of Object.values(READY)) expect(templateProblem(template)).toBeNull()
  })

  it('has a word for every reason', () => {
    expect(Object.keys(SMS_REASONS)).toContain(reason('nothing'))
  })
})
