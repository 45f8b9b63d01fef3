import { describe, expect, it } from 'vitest'
import { airTimeMs } from '../../src/wmbus/air-time.ts'

/** Bytes from the L field on without CRCs, and with those of frame format A on the air. */
const LENGTHS = [
  [10, 12],
  [11, 15],
  [26, 30],
  [27, 33],
  [42, 48],
  [43, 51],
  [256, 290],
] as const

describe('air time', () => {
  it.each(LENGTHS)('%d bytes are %d with their CRCs', (length, onAir) => {
    expect(airTimeMs(length, 'c1')).toBeCloseTo((64 + 8 * onAir) / 100, 9)
    expect(airTimeMs(length, 't1')).toBeCloseTo((48 + 12 * onAir) / 100, 9)
    expect(airTimeMs(length, 's1')).toBeCloseTo((1000 * (576 + 16 * onAir)) / 32_768, 9)
  })

  it('is longest where the chips are slowest', () => {
    expect(airTimeMs(10, 's2')).toBeCloseTo(7.32, 2)
    expect(airTimeMs(10, 'n1')).toBeCloseTo(26.67, 2)
    expect(airTimeMs(10, 'r2')).toBeCloseTo(60, 9)
  })

  it('of bytes that are not even an address is that of one block', () => {
    expect(airTimeMs(0, 'c1')).toBeCloseTo((64 + 8 * 2) / 100, 9)
  })
})
