import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { precedence, readingId } from '../../src/readings/identity.ts'

const registers = {
  energy: { value: '79846', unit: 'kWh', obis: '6-0:1.0.0*255' },
  volume: { value: '2232.49', unit: 'm3', obis: '6-0:2.0.0*255' },
}
const idOf = (r: typeof registers, status: string | null = '0'): string => readingId('KAM-07134347', '2026-11-23', r, status)

describe('the id of a reading', () => {
  it('is meter, day and the hash of what would be billed', () => {
    const text = 'energy\t79846\tkWh\nvolume\t2232.49\tm3\nstatus\t0\n'
    const hash = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 12)
    expect(idOf(registers)).toBe(`KAM-07134347/2026-11-23/${hash}`)
    expect(idOf(registers)).toBe('KAM-07134347/2026-11-23/11fbdc993ae3')
  })

  it('knows a meter without status from one that says 0', () => {
    expect(idOf(registers, null)).not.toBe(idOf(registers, '0'))
  })

  it('does not depend on the order of registers nor on what is not billed', () => {
    const { energy, volume } = registers
    expect(idOf({ volume, energy })).toBe(idOf(registers))
    expect(idOf({ energy, volume: { ...volume, obis: '' } })).toBe(idOf(registers))
  })

  it('is another for any other state', () => {
    const { energy, volume } = registers
    const others = [
      idOf({ energy: { ...energy, value: '79847' }, volume }),
      idOf({ energy: { ...energy, value: '79846.0' }, volume }),
      idOf({ energy: { ...energy, unit: 'MWh' }, volume }),
      idOf(registers, '1'),
    ]
    expect(new Set([idOf(registers), ...others]).size).toBe(5)
  })
})

describe('precedence', () => {
  it.each([
    [0, 'boundary', 4, 2999995],
    [0, 'boundary', 0, 2999999],
    [0, 'boundary', -4, 2999995],
    [0, 'early', -64049, 1935950],
    [0, 'meter-stored', 0, 3999999],
    [0, 'early', -2_000_000, 1000000],
    [1, 'early', -64049, 11935950],
  ] as const)('of correction %i, %s, %i s is %i', (corrections, kind, offset, expected) => {
    expect(precedence(corrections, kind, offset)).toBe(expected)
  })

  it('puts correction before class, class before nearness', () => {
    const kinds = ['early', 'boundary', 'meter-stored'] as const
    const grade = fc.tuple(fc.nat(1000), fc.nat(2), fc.integer({ min: -999_999, max: 999_999 }))
    const of = ([c, k, o]: [number, number, number]): number => precedence(c, kinds[k]!, o)
    fc.assert(
      fc.property(grade, grade, (a, b) => {
        const expected = a[0] - b[0] || a[1] - b[1] || Math.abs(b[2]) - Math.abs(a[2])
        expect(Math.sign(of(a) - of(b))).toBe(Math.sign(expected))
      }),
    )
  })
})
