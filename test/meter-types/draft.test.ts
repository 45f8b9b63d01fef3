import { describe, expect, it } from 'vitest'
import { decodeInput } from '../../src/cli/decode/decoded.ts'
import type { Decoder } from '../../src/decoders/decoder.ts'
import { decoderFor, registryWith } from '../../src/decoders/index.ts'
import { identify } from '../../src/identity.ts'
import { anonymous, type Draft, draftType } from '../../src/meter-types/draft.ts'
import { parseMeterType } from '../../src/meter-types/meter-type.ts'
import { loadFixtures } from '../support/fixtures.ts'
import { hex, hexOf, noHeader, stripped } from '../support/telegrams.ts'

const draftOf = (telegram: string, key: string | null = null, context: readonly string[] = []) => {
  const { json, datagram } = decodeInput({ telegram, key, context })
  const address = identify(datagram!)!
  return { json, draft: draftType(datagram!, address, decoderFor(address)), bare: anonymous(datagram!, address) }
}

const acme = (records: string): string =>
  hexOf(stripped({ manufacturer: 'ACM', id: '10000001', version: 18, type: 4 }, noHeader(hex(records))))

describe('the draft of a meter type', () => {
  const meters = [...loadFixtures()].filter(([file, { expect: said }]) => file.startsWith('devices/') && said?.observation)

  it.each(meters)('out of %s is right, and reads all that was read before', (_, { telegram, key, context }) => {
    const { json, draft } = draftOf(telegram, key ?? null, context)
    expect(parseMeterType(JSON.stringify(draft.decoder))).toEqual({ decoder: draft.decoder })
    const again = decodeInput({ telegram, key: key ?? null, context: context ?? [] }, registryWith([draft.decoder])).json
    expect(again.observation).toMatchObject({ decoder: `${draft.decoder.name}/1`, fields: json.observation!.fields })
  })

  const fields = ({ decoder }: Draft): Decoder['fields'] => decoder.fields
  it('names what no type knows by what it says', () => {
    const { draft } = draftOf(
      acme(
        '0C06 45230100  02FF61 2A00  0AFD47 3412  9120 2B 05  842006 01000000  02FD17 0500  0C78 01000010  84027F 01000000 048102 01000000',
      ),
    )
    expect(draft.decoder).toMatchObject({
      name: 'acm-12-04',
      meters: [{ manufacturer: 'ACM', versions: [18], types: [4] }],
      clock: 'unknown',
    })
    expect(fields(draft)).toEqual([
      { name: 'energy', kind: 'register', pick: { quantity: 'energy' }, obis: '1.0.0*255' },
      { name: 'vibFF61', kind: 'momentary', pick: { vib: 'FF61' }, unit: '' },
      { name: 'voltage', kind: 'momentary', pick: { quantity: 'voltage' } },
      { name: 'maximumPowerTariff2', kind: 'momentary', pick: { quantity: 'power', function: 'maximum', tariff: 2 } },
      { name: 'energyTariff2', kind: 'register', pick: { quantity: 'energy', tariff: 2 }, obis: '1.0.2*255' },
      { name: 'vib7FHistory4', kind: 'historic', pick: { vib: '7F', storage: 4 }, unit: '' },
    ])
    expect(draft.decoder.status).toEqual([{ pick: { quantity: 'errorFlags' }, bits: [] }])
  })

  it('comes with the telegram from nobody: no number, no texts', () => {
    const { bare } = draftOf(acme('0C06 45230100  0C78 01000010  0DFD11 03434241  426C 5F3A'))
    expect(hexOf(bare!)).toBe(
      hexOf(stripped({ manufacturer: 'ACM', id: '12345678', version: 18, type: 4 }, noHeader(hex('0C06 45230100 426C 5F3A')))),
    )
    expect(draftOf(acme('0C78 01000010')).bare).toBeNull()
  })
})
