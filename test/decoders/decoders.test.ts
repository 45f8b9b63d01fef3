import { describe, expect, it } from 'vitest'
import { overlap } from '../../src/decoders/claims.ts'
import { compile } from '../../src/decoders/compile.ts'
import type { Decoder } from '../../src/decoders/decoder.ts'
import { generic, genericHeat } from '../../src/decoders/generic.ts'
import { DECODERS, decoderFor, registryOf } from '../../src/decoders/index.ts'
import { manufacturerCode } from '../../src/wmbus/address.ts'

const ALL: readonly Decoder[] = [...DECODERS, generic, genericHeat]
const named = ALL.map((decoder) => [decoder.name, decoder] as const)
const duplicates = <T>(list: readonly T[]): T[] => list.filter((item, i) => list.indexOf(item) !== i)

describe('meter types', () => {
  it('have names of their own', () => {
    expect(duplicates(ALL.map((d) => d.name))).toEqual([])
  })

  it('claim no manufacturer, version and device type twice', () => {
    const claims = ALL.flatMap(({ name, meters }) => meters.map((match) => ({ name, match })))
    const clashes = claims.flatMap((a, i) =>
      claims.slice(i + 1).flatMap((b) => (overlap(a.match, b.match) ? [`${a.name}, ${b.name}`] : [])),
    )
    expect(clashes).toEqual([])
  })

  it('are found by what they claim, and nothing else is', () => {
    for (const { name, meters } of DECODERS) {
      for (const { manufacturer, versions = [0, 255], types = [0, 255] } of meters) {
        const address = { manufacturer: manufacturerCode(manufacturer), id: 1, version: versions[0]!, deviceType: types[0]! }
        expect(decoderFor(address).decoder.name).toBe(name)
        expect(decoderFor({ ...address, manufacturer: address.manufacturer | 0x8000 }).decoder.name).toBe(name)
      }
    }
  })

  it('that nobody described are generic: heat meters, and all others', () => {
    const kinds = Array.from({ length: 256 }, (_, deviceType) =>
      decoderFor({ manufacturer: manufacturerCode('VMY'), id: 1, version: 1, deviceType }),
    )
    const heat = kinds.flatMap(({ decoder }, type) => (decoder.name === 'generic-heat' ? [type] : []))
    expect(heat).toEqual([0x04, 0x0a, 0x0b, 0x0c, 0x0d])
    expect(new Set(kinds.map(({ decoder }) => decoder.name))).toEqual(new Set(['generic', 'generic-heat']))
  })

  it('of a utility’s own stand in a registry of their own', () => {
    const own: Decoder = { ...generic, name: 'own', version: 3, meters: [{ manufacturer: 'VMY', versions: [1], types: [4] }] }
    const registry = registryOf([own])
    const address = { manufacturer: manufacturerCode('VMY'), id: 1, version: 1, deviceType: 4 }
    expect(decoderFor(address, registry).label).toBe('own/3')
    for (const other of [{ version: 2 }, { deviceType: 7 }, { manufacturer: manufacturerCode('VMZ') }])
      expect(decoderFor({ ...address, ...other }, registry).decoder.name).toMatch(/^generic/)
  })
})

describe.each(named)('the meter type %s', (_, decoder) => {
  const { name, version, meters, fields, status = [] } = decoder

  it('has a name and a version that messages can carry', () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(Number.isSafeInteger(version) && version >= 1).toBe(true)
    for (const { manufacturer } of meters) expect(manufacturer).toMatch(/^[A-Z]{3}$/)
  })

  it('picks what the standard or its manufacturer has', () => {
    expect(() => compile(decoder)).not.toThrow()
    for (const { pick } of [...fields, ...status]) expect([pick.quantity, pick.vib].filter((way) => way !== undefined)).toHaveLength(1)
  })

  it('names its fields in camel case; a name that stands twice means the same twice', () => {
    const meanings = new Map<string, object>()
    for (const { name: field, pick: _pick, ...meaning } of fields) {
      expect(field).toMatch(/^[a-z][A-Za-z0-9]*$/)
      expect(meanings.get(field) ?? meaning).toEqual(meaning)
      meanings.set(field, meaning)
    }
  })

  it('has OBIS codes as EN 13757-1 writes them, each for one field', () => {
    const codes = new Map(fields.flatMap(({ name: field, obis }) => (obis === undefined ? [] : [[field, obis]])))
    for (const code of codes.values()) expect(code).toMatch(/^(\d-\d:)?\d{1,3}\.\d{1,3}\.\d{1,3}(\*\d{1,3})?$/)
    expect(duplicates([...codes.values()])).toEqual([])
  })

  it('gives units where the standard gives none, and scales by fields it has', () => {
    for (const { pick, unit, exponent, scaledBy } of fields) {
      expect(unit !== undefined).toBe(pick.vib !== undefined)
      if (unit === undefined) expect([exponent, scaledBy]).toEqual([undefined, undefined])
      if (scaledBy !== undefined) expect(fields.map((f) => f.name)).toContain(scaledBy)
    }
  })

  it('says each bit of its status words once, in words', () => {
    for (const { bits, states = [] } of status) {
      const said = [...bits, ...states].map(([, condition]) => condition)
      expect(duplicates(bits.map(([mask]) => mask))).toEqual([])
      expect(duplicates(states.map(([state]) => state))).toEqual([])
      expect(duplicates(said)).toEqual([])
      for (const condition of said) expect(condition).toMatch(/^[a-z0-9][\w ,()/-]+$/)
      for (const [mask] of bits) {
        expect([mask, Math.log2(mask) % 1, mask <= 0x8000_0000]).toEqual([mask, 0, true])
      }
    }
  })
})

describe('a meter type that is wrong', () => {
  const own = (...picks: Decoder['fields'][number]['pick'][]): Decoder => ({
    ...generic,
    fields: picks.map((pick) => ({ name: 'energy', kind: 'register', pick })),
  })

  it.each([
    [{ quantity: 'enrgy' }, 'measures "enrgy"'],
    [{ quantity: 'energy', modifiers: ['sideways'] }, 'called "sideways"'],
    [{ vib: 'FF' }, '"FF" is no value information block'],
    [{ vib: '0613' }, '"0613" is no value information block'],
    [{ vib: '' }, '"" is no value information block'],
  ])('%o does not compile, and says why', (pick, message) => {
    expect(() => compile(own(pick))).toThrow(message)
  })

  it('must not fill two fields from one record', () => {
    expect(() => compile(own({ quantity: 'energy' }, { vib: '06' }))).toThrow('take the same record: {"vib":"06"}')
    expect(() => compile(own({ quantity: 'energy' }, { vib: '06', storage: 1 }))).not.toThrow()
  })
})
