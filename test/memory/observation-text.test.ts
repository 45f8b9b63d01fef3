import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Measurement, Observation } from '../../src/decoders/observation.ts'
import { silentLog } from '../../src/log.ts'
import { loadCandidates } from '../../src/memory/candidates.ts'
import { observationText, readObservation } from '../../src/memory/observation-text.ts'
import { packedText, unpackedText } from '../../src/memory/packed-text.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import { memoryInRam } from '../readings/observations.ts'
import { loadFixtures } from '../support/fixtures.ts'
import { rig } from '../support/pipeline.ts'
import { hex } from '../support/telegrams.ts'

/** What the pipeline makes of a fixture, heard by a daemon of some boot. */
const heard = (file: string): Timed => {
  const { telegram, crc, key, expect: expected } = loadFixtures().get(file)!
  const { store, hear, offered, close } = rig()
  const { manufacturer, id } = expected!.meter!
  store.meters.put([{ meter: `${manufacturer}-${id}`, key: hex(key!) }])
  hear(hex(telegram), crc, { heard: { bootId: randomUUID(), monotonicMs: 123_456_789.123_456, utcMs: 1_795_432_100_123 } })
  close()
  return offered[0] as Timed
}

const measurement: fc.Arbitrary<Measurement> = fc.record(
  {
    name: fc.constantFrom('energy', 'volume', 'targetEnergy', 'bytes', 'raw'),
    kind: fc.constantFrom('register', 'momentary', 'historic'),
    raw: fc.oneof(fc.integer(), fc.bigInt()),
    exponent: fc.integer({ min: -9, max: 9 }),
    unit: fc.constantFrom('kWh', 'm3', 'm3·°C', '°C', 'GJ'),
    obis: fc.constantFrom('6-0:1.0.0*255', '6-0:2.0.0*255'),
    label: fc.string(),
    date: fc.constantFrom('2026-10-31', '2026-10-31T24:00'),
    of: fc.constantFrom('energy', 'volume'),
  },
  { requiredKeys: ['name', 'kind', 'raw', 'exponent', 'unit'] },
)

const observation: fc.Arbitrary<Observation> = fc.record(
  {
    meter: fc.constantFrom('KAM-07134347', 'LUG-00000001'),
    version: fc.option(fc.integer({ min: 0, max: 255 })),
    deviceType: fc.string(),
    heard: fc.record({ bootId: fc.uuid(), monotonicMs: fc.double({ noNaN: true, min: 0, max: 1e12 }), utcMs: fc.option(fc.nat()) }),
    path: fc.constantFrom('wmbus', 'sms'),
    decoder: fc.string({ unit: 'grapheme' }),
    measurements: fc.array(measurement, { maxLength: 6 }),
    status: fc.option(fc.record({ code: fc.string(), bits: fc.nat(), conditions: fc.array(fc.string({ unit: 'grapheme' })) })),
    meterTime: fc.option(fc.constantFrom('2026-10-31', '7n', '')),
    dates: fc.constant({ clock: 'local', stamp: 'end' } as const),
    encryption: fc.constantFrom('none', 'aes-cbc', 'ell-ctr'),
    integrity: fc.constantFrom('none', 'crc', 'mac'),
    clock: fc.constantFrom('meter', 'network'),
    telegram: fc.record({ bytes: fc.uint8Array(), crc: fc.constantFrom('A', 'B', 'unknown') }),
  },
  {
    requiredKeys: [
      'meter',
      'version',
      'deviceType',
      'heard',
      'path',
      'decoder',
      'measurements',
      'status',
      'meterTime',
      'encryption',
      'integrity',
    ],
  },
)

describe('the text of an observation', () => {
  it('says all of it', () => {
    fc.assert(
      fc.property(observation, (o) => {
        expect(readObservation(observationText(o))).toEqual(o)
      }),
    )
  })

  // What a city writes of each meter four times a day: docs/reliability.md.
  it.each([
    ['devices/kamstrup-multical-403-compact.json', 310],
    ['devices/kamstrup-multical-403-full.json', 420],
    ['devices/diehl-sharky-775.json', 560],
  ])('takes of %s no more than %i bytes', (file, most) => {
    const said = heard(file)
    const memory = memoryInRam()
    const candidates = loadCandidates<Timed>(memory, (_, a) => a, silentLog)
    candidates.offer('2026-11-23', said)
    candidates.save()
    const [text] = [...memory.entries.values()]
    expect(Buffer.byteLength(text!)).toBeLessThanOrEqual(most)
    expect(JSON.stringify(said).length).toBeGreaterThan(4 * most)
    expect(readObservation(text!)).toEqual(said)
  })

  it('is read as releases wrote it that did not pack it', () => {
    const bytes = Uint8Array.of(0x2c, 0x44)
    const said = { meter: 'KAM-07134347', measurements: [{ raw: 1n }], telegram: { bytes, crc: 'A' } }
    expect(readObservation('{"meter":"KAM-07134347","measurements":[{"raw":"1n"}],"telegram":{"bytes":"2c44","crc":"A"}}')).toEqual(said)
  })

  it('says nothing else where its packed part is damaged', () => {
    const text = packedText('{"meter":"KAM-07134347","telegram":{"bytes":"","crc":"B"}}')
    const readings = new Set<string>()
    for (let bit = 0; bit < text.length * 6; bit++) readings.add(unpackedOrNot(flipped(text, bit)))
    expect(readings).toEqual(new Set(['damaged', unpackedText(text)]))
    expect(() => readObservation('neither packed nor JSON')).toThrow()
  })
})

const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'base64')
  if (bit >> 3 < bytes.length) bytes[bit >> 3]! ^= 1 << (bit & 7)
  return bytes.toString('base64')
}

const unpackedOrNot = (text: string): string => {
  try {
    return unpackedText(text)
  } catch {
    return 'damaged'
  }
}
