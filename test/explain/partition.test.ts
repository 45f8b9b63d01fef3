/** Every byte of whatever is received stands in exactly one leaf. */
import { existsSync, readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../../fuzz/random.ts'
import { mutant } from '../../fuzz/telegrams.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { loadFixtures } from '../support/fixtures.ts'
import { hex } from '../support/telegrams.ts'
import { explainedWell, leaves } from './partition.ts'

const LAYOUTS: readonly CrcLayout[] = ['A', 'B', 'AorB', 'stripped', 'wired', 'unknown']
const layout = fc.constantFrom(...LAYOUTS)
const key = fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: null })
const bytes = fc.uint8Array({ maxLength: 300 })
/** A telegram with something wrong inside and its checksums right; fast-check shrinks towards smaller seeds only. */
const mutated = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => mutant(randomOf(seed)))

describe('every byte is explained once', () => {
  it('of random bytes, whatever their layout is said to be', () => {
    fc.assert(
      fc.property(bytes, layout, key, (raw, crc, k) => {
        explainedWell(raw, crc, k)
      }),
      { numRuns: 500 },
    )
  })

  it('of bytes that begin as a frame does', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom('68AAAA68', '20442D2C', '0B44', 'FF08', '7F46'), layout, key, (raw, start, crc, k) => {
        explainedWell(Uint8Array.of(...hex(start), ...raw.subarray(0, 280)), crc, k)
      }),
      { numRuns: 300 },
    )
  })

  it('of mutated telegrams, with the key and without, as the receiver states the layout and as loose hex', () => {
    fc.assert(
      fc.property(mutated, (m) => {
        for (const crc of [m.crc, 'unknown'] as const) for (const k of [m.key, null]) explainedWell(m.bytes, crc, k)
      }),
      { numRuns: 250 },
    )
  })

  it('of telegrams cut off anywhere', () => {
    fc.assert(
      fc.property(mutated, fc.nat(), (m, cut) => {
        explainedWell(m.bytes.subarray(0, cut % (m.bytes.length + 1)), m.crc, m.key)
      }),
      { numRuns: 300 },
    )
  })

  it.each([...loadFixtures()].filter(([, { fault }]) => fault !== 'frame.hex'))('of %s', (_, { telegram, crc, key: k, fault }) => {
    const e = explainedWell(hex(telegram), crc ?? 'unknown', k === undefined ? null : hex(k))
    if (fault) expect(e.fault?.code).toBe(fault)
  })
})

const file = path(process.env['VARMESKY_EXAM'] ?? '', 'dev.json')
const present = process.env['VARMESKY_EXAM'] !== undefined && existsSync(file)
const EXAM: readonly { readonly name: string; readonly telegram: string; readonly key: string | null }[] = present
  ? JSON.parse(readFileSync(file, 'utf8'))
  : []

describe.skipIf(!present)('telegrams of the field, kept outside this repository', () => {
  it.each(EXAM.map(({ name, telegram, key: k }) => [name, telegram, k] as const))('%s', (_, telegram, k) => {
    const raw = hex(telegram.replaceAll(/[|_]/g, ''))
    const e = explainedWell(raw, 'unknown', k === null ? null : hex(k))
    expect(leaves(e).at(-1)?.to).toBe(raw.length)
  })
})
