import { describe, expect, it } from 'vitest'
import { resolveMeter } from '../src/meter-name.ts'

const meter = (name: string, some: Partial<Parameters<typeof resolveMeter>[0][number]> = {}) => ({
  ...{ meter: name, label: null, installation: null, aliases: [], wired: [], retiredAt: null },
  ...some,
})
const meant = (meters: readonly ReturnType<typeof meter>[], text: string): string[] => resolveMeter(meters, text).map(({ meter }) => meter)

describe('a text means a meter', () => {
  const radio = meter('KAM-71000001', { aliases: ['K4711'], wired: ['5300279'], installation: '0815-01' })
  it.each(['KAM-71000001', '71000001', 'kam71000001', 'K4711', '0815-01', '5300279', '05300279', 'KAM-05300279'])('by %s', (text) => {
    expect(meant([meter('KAM-00000001'), radio], text)).toEqual(['KAM-71000001'])
  })

  it('of this very name rather than one that has it as a wired id', () => {
    expect(meant([meter('KAM-05300279'), radio], 'KAM-05300279')).toEqual(['KAM-05300279'])
    expect(meant([meter('KAM-05300279', { retiredAt: '2026-11-24' }), radio], 'KAM-05300279')).toEqual(['KAM-71000001'])
  })

  it('is of several where it says too little', () => {
    expect(meant([meter('KAM-05300279'), radio], '5300279')).toEqual(['KAM-05300279', 'KAM-71000001'])
  })
})
