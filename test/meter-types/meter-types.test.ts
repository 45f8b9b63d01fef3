import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { z } from 'zod'
import type { Decoder } from '../../src/decoders/decoder.ts'
import { DECODERS, decoderFor } from '../../src/decoders/index.ts'
import { meterRegistry, readMeterTypes } from '../../src/meter-types/directory.ts'
import { parseMeterType } from '../../src/meter-types/meter-type.ts'
import type { meterTypeSchema } from '../../src/meter-types/schema.ts'
import { manufacturerCode } from '../../src/wmbus/address.ts'
import { rig } from '../support/pipeline.ts'
import { hex, noHeader, stripped } from '../support/telegrams.ts'

const ACME: Decoder = {
  name: 'acme-thermo',
  version: 1,
  meters: [{ manufacturer: 'ACM', versions: [18], types: [4] }],
  clock: 'unknown',
  stamp: 'end',
  fields: [
    { name: 'energy', kind: 'register', pick: { quantity: 'energy' }, obis: '1.0.0*255' },
    { name: 'lostVolume', kind: 'register', pick: { vib: 'FF61' }, unit: 'm3', exponent: -3 },
  ],
  status: [{ pick: { vib: 'FD17' }, bits: [[1, 'low battery']] }],
}

const problemsOf = (type: unknown): readonly string[] => {
  const parsed = parseMeterType(typeof type === 'string' ? type : JSON.stringify(type))
  return 'problems' in parsed ? parsed.problems : []
}
const withField = (field: object): object => ({ ...ACME, fields: [...ACME.fields, field] })
const withStatus = (word: object): object => ({ ...ACME, status: [{ ...ACME.status![0], ...word }] })

describe('a meter type in a file', () => {
  it('has the shape that the code’s own have', () => {
    expectTypeOf<z.infer<typeof meterTypeSchema>>().toEqualTypeOf<Decoder>()
    for (const decoder of DECODERS) expect([decoder.name, problemsOf(decoder)]).toEqual([decoder.name, []])
  })

  it('is read as it is written', () => {
    expect(parseMeterType(JSON.stringify(ACME))).toEqual({ decoder: ACME })
    expect(parseMeterType(`\uFEFF${JSON.stringify(ACME)}`)).toEqual({ decoder: ACME })
  })

  it('is shown right in the manual', () => {
    const [, json] = /```json\n(.*?)```/s.exec(readFileSync('docs/adding-a-meter.md', 'utf8'))!
    expect(parseMeterType(json!)).toHaveProperty('decoder.name', 'acme-thermo')
  })

  const energy = { name: 'more', kind: 'register', pick: { quantity: 'energy', storage: 1 } }
  it.each([
    ['no JSON', '{\n"name": "a",\n}', /^line 3: this is not JSON/],
    ['no object', '[]', 'file: must be an object {…}'],
    ['an unknown part', { ...ACME, stampp: 'end' }, 'file: "stampp" is not known here; did you mean "stamp"?'],
    ['a name in capitals', { ...ACME, name: 'Acme' }, 'name: must be lower case letters and digits, with hyphens between'],
    ['no version', { ...ACME, version: undefined }, 'version: is missing'],
    ['a version as text', { ...ACME, version: '1' }, 'version: must be a whole number from 1 up'],
    ['a clock nobody keeps', { ...ACME, clock: 'locl' }, 'clock: must be standard or local or unknown; did you mean "local"?'],
    ['two letters', { ...ACME, meters: [{ manufacturer: 'AC' }] }, 'meters[0].manufacturer: must be three capital letters'],
    ['no meters', { ...ACME, meters: [] }, 'meters: is empty: the type would claim no meter'],
    [
      'a version too high',
      { ...ACME, meters: [{ manufacturer: 'ACM', versions: [256] }] },
      'meters[0].versions[0]: must be a whole number from 0 to 255',
    ],
    [
      'an unknown quantity',
      withField({ ...energy, pick: { quantity: 'enrgy' } }),
      'fields[2].pick.quantity: no quantity "enrgy"; did you mean "energy"?',
    ],
    [
      'an unknown modifier',
      withField({ ...energy, pick: { quantity: 'energy', modifiers: ['forwrd'] } }),
      'fields[2].pick.modifiers[0]: no modifier "forwrd"; did you mean "forward"?',
    ],
    [
      'a quantity and a vib',
      withField({ ...energy, unit: '', pick: { quantity: 'energy', vib: '06' } }),
      'fields[2].pick: must have a quantity or a vib, and not both',
    ],
    ['half a vib', withField({ ...energy, unit: '', pick: { vib: 'FF' } }), /^fields\[2\]\.pick\.vib: is no value information block/],
    ['a vib without unit', withField({ ...energy, pick: { vib: 'FF62' } }), /^fields\[2\]\.unit: is needed with a vib/],
    ['a unit of the standard’s', withField({ ...energy, unit: 'kWh' }), /^fields\[2\]\.unit: is needed with a vib, and only there/],
    ['an OBIS code that is none', withField({ ...energy, obis: '1.0.256' }), /^fields\[2\]\.obis: must be an OBIS code/],
    ['an OBIS code twice', withField({ ...energy, obis: '1.0.0*255' }), 'fields[2].obis: 1.0.0*255 is the code of fields[0], too'],
    ['a name twice', withField({ ...energy, name: 'energy' }), 'fields[2].name: "energy" is fields[0], which means something else'],
    [
      'a record twice',
      withField({ ...energy, pick: { quantity: 'energy' } }),
      'fields: two picks of "acme-thermo" take the same record: {"quantity":"energy"}',
    ],
    [
      'a scale that is nowhere',
      withField({ ...energy, pick: { vib: 'FF62' }, unit: '', scaledBy: 'engy' }),
      'fields[2].scaledBy: there is no field "engy"',
    ],
    ['two bits in one', withStatus({ bits: [[3, 'both']] }), 'status[0].bits[0][0]: must be one bit as a decimal number: 1, 2, 4, 8, …'],
    ['half a pair', withStatus({ bits: [[1]] }), 'status[0].bits[0]: must be a pair [number, "meaning"]'],
    [
      'a bit twice',
      withStatus({
        bits: [
          [1, 'a'],
          [1, 'b'],
        ],
      }),
      'status[0].bits[1]: 1 is said twice',
    ],
  ])('with %s is refused, and told why', (_, type, problem) => {
    expect(problemsOf(type)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
  })
})

describe('the directory of meter types', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-types-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  const write = (name: string, type: object): void => writeFileSync(join(directory, name), JSON.stringify(type))
  const at = (name: string): string => join(directory, name)

  it('may be missing from the configuration, but not from the disk', () => {
    expect(readMeterTypes(undefined)).toEqual({ types: [], problems: [] })
    expect(readMeterTypes(at('none')).problems).toEqual([`meters.types: ${at('none')}: is not there`])
    write('a.json', ACME)
    expect(readMeterTypes(at('a.json')).problems).toEqual([`meters.types: ${at('a.json')}: is no directory`])
  })

  it('is read file by file; what is no JSON file is left alone', () => {
    write('a.json', ACME)
    write('notes.txt', {})
    expect(readMeterTypes(directory)).toEqual({ types: [{ file: at('a.json'), decoder: ACME }], problems: [] })
    write('b.json', {})
    mkdirSync(at('c.json'))
    const { types, problems } = readMeterTypes(directory)
    expect(types).toHaveLength(1)
    expect(problems).toContain(`${at('b.json')}: name: is missing`)
    expect(problems).toContain(`${at('c.json')}: is a directory`)
  })

  it('has every name once, and every meter', () => {
    write('a.json', ACME)
    write('b.json', { ...ACME, meters: [{ manufacturer: 'ACM', types: [4] }] })
    expect(readMeterTypes(directory).problems).toEqual([
      `${at('b.json')}: name: "acme-thermo" is the name of ${at('a.json')}, too`,
      `${at('b.json')}: meters[0]: ${at('a.json')} claims ACM version 18 (hex 12), heat (4): no meter can be of two types`,
    ])
    write('b.json', { ...ACME, name: 'kamstrup-heat', meters: [{ manufacturer: 'ACM', versions: [19] }] })
    expect(readMeterTypes(directory).problems).toEqual([
      `${at('b.json')}: name: "kamstrup-heat" is a built-in type: every reading names its type, give yours another name`,
    ])
    expect(() => meterRegistry(directory)).toThrow('b.json: name: "kamstrup-heat" is a built-in type')
  })

  it('wins over the built-in types where it claims, and nowhere else', () => {
    write('own.json', { ...ACME, meters: [{ manufacturer: 'KAM', versions: [27] }] })
    const registry = meterRegistry(directory)
    const address = { manufacturer: manufacturerCode('KAM'), id: 1, version: 27, deviceType: 4 }
    expect(decoderFor(address, registry).label).toBe('acme-thermo/1')
    expect(decoderFor({ ...address, version: 28 }, registry).decoder.name).toBe('kamstrup-heat')
  })

  it('names what the pipeline hears', () => {
    write('own.json', ACME)
    const meter = { manufacturer: 'ACM', id: '10000001', version: 18, type: 4 }
    const { store, hear, close } = rig({ registry: meterRegistry(directory) })
    store.meters.put([{ meter: 'ACM-10000001' }])
    const { observation } = hear(stripped(meter, noHeader(hex('0C06 45230100 02FF61 2A00 01FD17 01'))))
    close()
    expect(observation).toMatchObject({
      decoder: 'acme-thermo/1',
      measurements: [
        { name: 'energy', raw: 12345, unit: 'kWh', obis: '6-0:1.0.0*255' },
        { name: 'lostVolume', raw: 42, exponent: -3, unit: 'm3' },
      ],
      status: { conditions: ['low battery'] },
    })
  })
})
