import { describe, expect, it } from 'vitest'
import type { Decoder } from '../../src/decoders/decoder.ts'
import { generic, genericHeat } from '../../src/decoders/generic.ts'
import { DECODERS, decoderFor } from '../../src/decoders/index.ts'
import { observe } from '../../src/decoders/interpret.ts'
import { identify } from '../../src/identity.ts'
import { meterName } from '../../src/wmbus/address.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { loadFixtures, resultOf } from '../support/fixtures.ts'
import { hex } from '../support/telegrams.ts'

const FIXTURES = [...loadFixtures()]
const observations = FIXTURES.flatMap(([, { expect }]) => expect?.observation ?? [])

describe('the fixture', () => {
  it.each(FIXTURES)('%s is decoded as before (npm run fixtures:update shows what changed)', (_, fixture) => {
    expect(resultOf(fixture)).toEqual({ ...(fixture.expect ? { expect: fixture.expect } : { fault: fixture.fault }) })
  })

  it.each(FIXTURES.filter(([, { crc, fault }]) => crc && !fault))('%s says the same to a receiver that states its CRCs', (_, f) => {
    const d = decode(hex(f.telegram), f.crc!, f.key ? aesKey(hex(f.key)) : null)
    const whose = identify(d)!
    observe(decoderFor(whose), d, meterName(whose), whose, { bootId: '', monotonicMs: 0, utcMs: null }, false)
    expect(d.records.map((r) => (r.raw === null ? r.text : String(r.raw)))).toEqual(f.expect!.records.map((r) => r.raw))
  })

  it.each(FIXTURES)('%s tells its source and expects one thing', (_, { source, expect: wanted, fault }) => {
    expect(source.length).toBeGreaterThan(10)
    expect([wanted !== undefined, fault !== undefined].filter(Boolean)).toHaveLength(1)
  })
})

describe('the fixtures', () => {
  const decoders: readonly Decoder[] = [...DECODERS, generic, genericHeat]
  it.each(decoders.map((d) => [d.name, d] as const))('fill every field of %s', (name, { version, fields, status = [] }) => {
    const ours = observations.filter(({ decoder }) => decoder === `${name}/${version}`)
    const filled = new Set(ours.flatMap((o) => Object.keys(o.fields)))
    expect(fields.map((f) => f.name).filter((field) => !filled.has(field))).toEqual([])
    if (status.length > 0) expect(ours.some((o) => (o.status?.conditions.length ?? 0) > 0)).toBe(true)
  })
})
