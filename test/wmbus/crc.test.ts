import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16 } from '../../src/wmbus/crc.ts'
import * as telegrams from '../support/telegrams.ts'
import { hex } from '../support/telegrams.ts'

const crcOf = (bytes: Uint8Array): string => crc16(bytes, 0, bytes.length).toString(16).toUpperCase().padStart(4, '0')

describe('CRC-16 of EN 13757-4', () => {
  it.each([
    ['', 'FFFF'],
    ['313233343536373839', 'C2B7'],
    ['0F44AE0C785634120107', '4447'],
    ['780B13436587', '1E6D'],
    ['2E449315785634123303', '3363'],
    ['1444AE0C7856341201078C2027780B13436587', '7AC5'],
  ])('of %s is %s', (bytes, crc) => {
    expect(crcOf(hex(bytes))).toBe(crc)
  })

  it('covers the range it is given and nothing else', () => {
    const bytes = hex('FF 780B13436587 FF')
    expect(crc16(bytes, 1, 7)).toBe(0x1e6d)
  })

  it('is what the polynomial divides to, bit by bit', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc16(bytes, 0, bytes.length) === telegrams.crc16(bytes)))
  })
})
