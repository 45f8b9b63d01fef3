import { describe, expect, it } from 'vitest'
import { type Compiled, compile } from '../../src/decoders/compile.ts'
import type { Decoder } from '../../src/decoders/decoder.ts'
import { generic } from '../../src/decoders/generic.ts'
import { decoderFor } from '../../src/decoders/index.ts'
import { explainRecords, observe } from '../../src/decoders/interpret.ts'
import type { Observation } from '../../src/decoders/observation.ts'
import { identify } from '../../src/identity.ts'
import { meterName } from '../../src/wmbus/address.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decimal } from '../../src/wmbus/decimal.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { afl, derive, macOf, mode7 } from '../support/sessions.ts'
import { ellSession, frameA, frameB, hex, join, noHeader, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('000102030405060708090A0B0C0D0E0F')
const KAMSTRUP: Sender = { manufacturer: 'KAM', id: '07134347', version: 0x34, type: 0x04 }
const UNKNOWN: Sender = { manufacturer: 'VMY', id: '10000001', version: 1, type: 0x04 }
const HEARD = { bootId: 'boot', monotonicMs: 5, utcMs: null }

function observed(d: Datagram, compiled?: Compiled, protectedOnly = false): Observation | null {
  expect(d.fault).toBeNull()
  const address = identify(d)!
  return observe(compiled ?? decoderFor(address), d, meterName(address), address, HEARD, protectedOnly)
}

const said = (sender: Sender, records: string, compiled?: Compiled): Observation | null =>
  observed(decode(stripped(sender, noHeader(hex(records))), 'stripped', null), compiled)

const fieldsOf = (o: Observation | null): Record<string, string> =>
  Object.fromEntries((o?.measurements ?? []).map((m) => [m.name, `${decimal(m.raw, m.exponent)} ${m.unit}`.trim()]))

describe('an observation', () => {
  it('names the meter, its type and the moment', () => {
    expect(said(KAMSTRUP, '0406 E6370100')).toEqual({
      meter: 'KAM-07134347',
      version: 0x34,
      deviceType: 'heat',
      heard: HEARD,
      path: 'wmbus',
      decoder: 'kamstrup-heat/1',
      measurements: [{ name: 'energy', kind: 'register', raw: 79846, exponent: 0, unit: 'kWh', obis: '6-0:1.0.0*255' }],
      status: null,
      meterTime: null,
      dates: { clock: 'standard', stamp: 'start' },
      encryption: 'none',
      integrity: 'crc',
    })
  })

  it('says what the dates of stored values mean, by version, and whose state they are', () => {
    const old = said({ ...KAMSTRUP, version: 0x1c }, '0406 E6370100 4406 01000000 426C BF2C')!
    expect(old.dates).toEqual({ clock: 'standard', stamp: 'end' })
    expect(old.measurements.map(({ name, of }) => [name, of])).toEqual([
      ['energy', undefined],
      ['targetEnergy', 'energy'],
    ])
    expect(said({ ...KAMSTRUP, version: 0x77 }, '0406 E6370100')!.dates).toEqual({ clock: 'standard', stamp: 'unknown' })
    expect(said(UNKNOWN, '0406 E6370100')).not.toHaveProperty('dates')
  })

  it('is none where the telegram says nothing the meter type knows', () => {
    for (const records of ['', '0C78 78563412', '0406 00000080', '4406 00000080', '0F 010203']) expect(said(UNKNOWN, records)).toBeNull()
  })

  it('takes a quantity in whatever unit the meter sends it', () => {
    expect(fieldsOf(said(UNKNOWN, '0407 0A000000'))).toEqual({ energy: '0.10 MWh' })
    expect(fieldsOf(said(UNKNOWN, '040E 0A000000'))).toEqual({ energy: '10 MJ' })
    expect(fieldsOf(said(UNKNOWN, '04FB09 0A000000'))).toEqual({ energy: '10 GJ' })
    expect(fieldsOf(said(UNKNOWN, '04FB0D 0A000000'))).toEqual({ energy: '10 Mcal' })
    expect(fieldsOf(said(UNKNOWN, '0486 7D 0A000000'))).toEqual({ energy: '10000 kWh' })
  })

  it('keeps apart function, storage, tariff, subunit and modifiers', () => {
    const others = '1406 01000000 4406 02000000 841006 03000000 844006 04000000 04863C 05000000 0486BB3C 06000000'
    expect(fieldsOf(said(UNKNOWN, `${others} 0406 07000000`))).toEqual({
      targetEnergy: '2 kWh',
      energyTariff1: '3 kWh',
      coolingEnergy: '5 kWh',
      energy: '7 kWh',
    })
  })

  it('takes the first value of a field, and no value that is none', () => {
    expect(fieldsOf(said(UNKNOWN, '0406 01000000 0406 02000000'))).toEqual({ energy: '1 kWh' })
    expect(fieldsOf(said(UNKNOWN, '0406 00000080 0406 02000000'))).toEqual({ energy: '2 kWh' })
    expect(fieldsOf(said(UNKNOWN, '048615 01000000 0406 02000000'))).toEqual({ energy: '2 kWh' })
  })

  it.each([
    [0x04, '6-0:1.0.0*255'],
    [0x0c, '6-0:1.0.0*255'],
    [0x0d, '6-0:1.0.0*255'],
    [0x0a, '5-0:1.0.0*255'],
    [0x0b, '5-0:1.0.0*255'],
    [0x07, undefined],
  ])('of device type %i has the OBIS code of its medium', (type, obis) => {
    expect(said({ ...UNKNOWN, type }, '0406 01000000')!.measurements[0]!.obis).toBe(obis)
  })
})

describe('energy of heat and cooling', () => {
  it('is told by its direction: forward is heat, backward is cooling', () => {
    const o = said({ ...UNKNOWN, type: 0x0d }, '04863B 07000000 04863C 05000000')
    expect(fieldsOf(o)).toEqual({ energy: '7 kWh', coolingEnergy: '5 kWh' })
    expect(o!.measurements.map((m) => m.obis)).toEqual(['6-0:1.0.0*255', '5-0:1.0.0*255'])
  })

  it('is told so of heat meters only', () => {
    expect(fieldsOf(said({ ...UNKNOWN, type: 0x02 }, '0406 07000000 04863C 05000000'))).toEqual({
      energy: '7 kWh',
      backwardEnergy: '5 kWh',
    })
  })
})

describe('a stored value', () => {
  const datesOf = (records: string, sender = UNKNOWN) =>
    Object.fromEntries(said(sender, records)!.measurements.flatMap((m) => (m.date === undefined ? [] : [[m.name, m.date]])))

  it('has the date of its storage, wherever that stands', () => {
    expect(datesOf('426C BF2C 4406 01000000 4414 02000000 840106 03000000 82016C 61C1')).toEqual({
      targetEnergy: '2021-12-31',
      targetVolume: '2021-12-31',
      energyHistory2: '1999-01-01',
    })
    expect(datesOf('4406 01000000 446D 32371F15')).toEqual({ targetEnergy: '2008-05-31T23:50' })
  })

  it('has none where the telegram tells none', () => {
    expect(datesOf('4406 01000000 026C BF2C 42EC7E BF2C 326C BF2C')).toEqual({})
    expect(datesOf('0406 01000000 026C BF2C')).toEqual({})
  })

  it.each(['426C FFFF', '426C 0000', '446D 00000000'])('is none where its date is "never": %s', (date) => {
    expect(fieldsOf(said(UNKNOWN, `0406 01000000 4406 00000000 ${date}`))).toEqual({ energy: '1 kWh' })
  })

  it('prefers the date of its own tariff', () => {
    const zenner: Sender = { manufacturer: 'ZRI', id: '10000001', version: 0x88, type: 0x0d }
    expect(datesOf('840406 01000000 841406 02000000 82146C 61C1 82046C BF2C', zenner)).toEqual({
      targetEnergy: '2021-12-31',
      targetCoolingEnergy: '1999-01-01',
    })
  })

  it('of a compact profile has the moment it was given there', () => {
    const values = '8D04861F 06 72FE 0200 0300'
    expect(datesOf(`840406 0A000000 82046C BF2C ${values}`)).toEqual({
      energyHistory8: '2021-12-31',
      energyHistory9: '2022-01-31',
      energyHistory10: '2022-02-28',
    })
  })

  it('is none where the meter type has a number for that', () => {
    const engelmann: Sender = { ...UNKNOWN, manufacturer: 'EFE', version: 0 }
    expect(fieldsOf(said(engelmann, '0406 FFFFFFFF 4406 FFFFFFFF 840106 FFFFFFFF 840206 05000000'))).toEqual({
      energy: '-1 kWh',
      energyMonth2: '5 kWh',
    })
  })
})

describe('a maximum', () => {
  it('has its own time, or that of its storage and function', () => {
    const landisgyr: Sender = { ...UNKNOWN, manufacturer: 'LUG', version: 7 }
    const dates = (sender: Sender, records: string) => said(sender, records)!.measurements.map(({ name, date }) => [name, date])
    expect(dates(landisgyr, '9B105A 070300 9B105E 070500 9410DA6F 32147A18 046D 32371F15')).toEqual([
      ['maximumFlowTemperature', '2011-08-26T20:50'],
      ['maximumReturnTemperature', undefined],
    ])
    const minol: Sender = { ...UNKNOWN, manufacturer: 'ZRM', version: 0x81 }
    expect(dates(minol, '543B 2B000000 546D 1E082119 446D 32371F15')).toEqual([['maximumFlowRate', '2009-09-01T08:30']])
  })

  it('that never was is none', () => {
    const landisgyr: Sender = { ...UNKNOWN, manufacturer: 'LUG', version: 7 }
    expect(fieldsOf(said(landisgyr, '0C06 01000000 9B102D 000000 9410AD6F 00000000'))).toEqual({ energy: '1 kWh' })
  })
})

describe('the meter’s own records', () => {
  it.each([
    ['0413 00000000', '6134.2 m3·°C'],
    ['0414 00000000', '61342 m3·°C'],
    ['0415 00000000', '613420 m3·°C'],
    ['0416 00000000', '6134200 m3·°C'],
  ])('are scaled by another field of the telegram: V1 as %s', (volume, e8) => {
    const energies = '04FF07 9EEF0000'
    expect(fieldsOf(said(KAMSTRUP, `${volume} ${energies}`))).toMatchObject({ volumeFlowTemperature: e8 })
    expect(fieldsOf(said(KAMSTRUP, `${energies} ${volume}`))).toMatchObject({ volumeFlowTemperature: e8 })
  })

  it('without the field that scales them are not measured', () => {
    expect(fieldsOf(said(KAMSTRUP, '0406 01000000 04FF07 9EEF0000'))).toEqual({ energy: '1 kWh' })
  })

  it('are read where the standard takes them for errors', () => {
    const sharky: Sender = { ...UNKNOWN, manufacturer: 'DME', version: 0x41 }
    expect(fieldsOf(said(sharky, '0AA618 2770'))).toEqual({ errorTime: '7027 h' })
    expect(said(UNKNOWN, '0AA618 2770')).toBeNull()
  })

  it('are explained for a reader, too', () => {
    const d = decode(stripped(KAMSTRUP, noHeader(hex('04FF07 9EEF0000 0414 00000000'))), 'stripped', null)
    explainRecords(decoderFor(identify(d)!), d.records)
    expect(d.records[0]).toMatchObject({ quantity: 'volumeFlowTemperature', unit: 'm3·°C', exponent: 0 })
  })
})

describe('the status', () => {
  const of = (records: string) => said(KAMSTRUP, `0406 01000000 ${records}`)!.status

  it.each([
    ['04FF22 00000000', '0', 32, []],
    ['04FF22 02010000', '258', 32, ['low battery', 'air in flow sensor V1 or weak flow signal']],
    ['04FF22 00000080', '2147483648', 32, ['leak, water penetration']],
    ['02FF22 0080', '32768', 16, ['external alarm at input B1']],
    ['02FD17 0080', '32768', 16, ['wrong flow direction V2']],
    ['02FD17 FFFF', '65535', 16, expect.arrayContaining(['supply voltage interrupted'])],
    ['01FF21 80', '128', 8, []],
    ['06FF22 020000000000', '2', 48, ['low battery']],
  ])('word %s is %s of %i bits: %s', (record, code, bits, conditions) => {
    expect(of(record)).toEqual({ code, bits, conditions })
  })

  it.each([
    [1, ['temperature below range']],
    [10, []],
    [36, []],
    [2, ['temperature above range']],
    [2000, ['verification expired']],
  ])('may be the number of a list: %i is %s', (state, conditions) => {
    const zenner: Sender = { ...UNKNOWN, manufacturer: 'ZRI', version: 0x88 }
    const word = state.toString(16).padStart(4, '0')
    const expected = { code: String(state), bits: 16, conditions }
    expect(said(zenner, `0406 01000000 02FD17 ${word.slice(2)}${word.slice(0, 2)}`)!.status).toEqual(expected)
  })

  it.each(['0CFF22 02000000', '05FF22 0000803F', '02FD9715 0200'])('is not read from %s: no bit field', (record) => {
    expect(of(record)).toBeNull()
  })

  it('of the transport header stands in where the meter sends no word', () => {
    const header = (records: string) =>
      observed(decode(stripped(KAMSTRUP, shortHeader(KAMSTRUP, hex(records), { status: 0x1c })), 'stripped', null))
    expect(header('0406 01000000')!.status).toEqual({
      code: '28',
      bits: 8,
      conditions: ['low power', 'permanent error', 'temporary error'],
    })
    expect(header('0406 01000000 04FF22 00000000')!.status).toEqual({ code: '0', bits: 32, conditions: [] })
  })
})

describe('the meter’s own clock', () => {
  const of = (records: string) => said(UNKNOWN, `0406 01000000 ${records}`)!.meterTime

  it.each([
    ['046D 32371F15', '2008-05-31T23:50'],
    ['026C FE04', '2007-04-30'],
    ['026C FE04 046D 32371F15', '2008-05-31T23:50'],
    ['426C FE04', null],
    ['446D 32371F15', null],
    ['346D 32371F15', null],
    ['046D 00000000', null],
    ['04ED39 32371F15', null],
    ['036D 0B0C0D', null],
    ['036D 0B0C0D 026C FE04', '2007-04-30'],
  ])('of %s is %s', (records, time) => {
    expect(of(records)).toBe(time)
  })
})

describe('trust', () => {
  const ENERGY = hex('0406 01000000')
  const trust = (bytes: Uint8Array, crc: 'A' | 'B' | 'stripped' | 'unknown', key: Uint8Array | null = null) => {
    const o = observed(decode(bytes, crc, key && aesKey(key)))!
    return [o.encryption, o.integrity]
  }

  it('in bytes that nothing protects is none, behind right CRCs it is theirs', () => {
    const plain = stripped(UNKNOWN, noHeader(ENERGY))
    expect(trust(plain, 'unknown')).toEqual(['none', 'none'])
    expect(trust(join([plain[0]! + 2], plain.subarray(1)), 'unknown')).toEqual(['none', 'none'])
    expect(trust(frameA(plain), 'unknown')).toEqual(['none', 'crc'])
    expect(trust(frameB(plain), 'B')).toEqual(['none', 'crc'])
    expect(trust(plain, 'stripped')).toEqual(['none', 'crc'])
  })

  it('in what a key opens says how', () => {
    const mode5 = stripped(UNKNOWN, shortHeader(UNKNOWN, ENERGY, { key: KEY }))
    expect(trust(mode5, 'unknown', KEY)).toEqual(['aes-cbc', 'none'])
    expect(trust(frameA(mode5), 'A', KEY)).toEqual(['aes-cbc', 'crc'])
    expect(trust(stripped(UNKNOWN, ellSession(UNKNOWN, noHeader(ENERGY), { key: KEY })), 'unknown', KEY)).toEqual(['ell-ctr', 'crc'])
  })

  it('in a message is the highest with a right code, and there is none with a wrong one', () => {
    const fields = { control: 0x25, counter: 9 }
    const body = mode7(ENERGY, derive(KEY, 0, 9, UNKNOWN))
    const mac = macOf(fields, body, derive(KEY, 1, 9, UNKNOWN)).subarray(0, 8)
    const sent = (code: Uint8Array): Uint8Array => stripped(UNKNOWN, join(afl({ ...fields, mac: code }), body))
    expect(trust(sent(mac), 'stripped', KEY)).toEqual(['aes-cbc', 'mac'])
    expect(trust(sent(mac.map((byte) => byte ^ 1)), 'stripped', KEY)).toEqual(['aes-cbc', 'none'])
  })
})

describe('behind the encrypted part', () => {
  /** One block: 2F2F, the inside and fillers; then what anyone could have appended. */
  const tailed = (inside: string, tail: string): Datagram => {
    const bytes = hex(inside)
    const block = join(bytes, new Array(14 - bytes.length).fill(0x2f), hex(tail))
    return decode(stripped(KAMSTRUP, shortHeader(KAMSTRUP, block, { key: KEY, blocks: 1 })), 'stripped', aesKey(KEY))
  }

  it('a record fills nothing: no field, no status, no clock, no scale', () => {
    const d = tailed('0406 01000000', '0414 05000000 04FF22 02000000 046D 32371F15')
    expect(observed(d, undefined, true)).toMatchObject({
      measurements: [{ name: 'energy' }],
      status: { code: '0', bits: 8 },
      meterTime: null,
    })
    expect(Object.keys(fieldsOf(observed(tailed('04FF07 01000000', '0414 05000000 0406 05000000'), undefined, true)))).toEqual([])
    expect(observed(tailed('2F2F', '0406 01000000'), undefined, true)).toBeNull()
  })

  it('it counts where no key stands against it', () => {
    const d = tailed('0406 01000000', '0414 05000000 046D 32371F15')
    expect(observed(d)).toMatchObject({ measurements: [{ name: 'energy' }, { name: 'volume' }], meterTime: '2008-05-31T23:50' })
  })
})

describe('a pick', () => {
  it('may name the exact value information block', () => {
    const own: Decoder = {
      ...generic,
      fields: [
        {
          name: 'peak',
          kind: 'historic',
          pick: { vib: 'FD3A', function: 'maximum', storage: 2, tariff: 1, subunit: 1 },
          unit: 'kW',
          exponent: -1,
        },
      ],
    }
    expect(fieldsOf(said(UNKNOWN, '02FD3A 0100 92 51 FD3A 7B00', compile(own)))).toEqual({ peak: '12.3 kW' })
  })
})
