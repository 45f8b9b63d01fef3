import { expect } from 'vitest'
import { explainedText } from '../../src/cli/decode/explain-text.ts'
import { type Explanation, explain } from '../../src/explain/explain.ts'
import { type Leaf, leavesOf } from '../../src/explain/tree.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { hexOf } from '../support/telegrams.ts'

/** All leaves of an explanation, in order. */
export const leaves = (e: Explanation): Leaf[] => e.children.flatMap((child) => [...leavesOf(child)])

/** The leaf that begins here. */
export function leafAt(e: Explanation, from: number): Leaf {
  const leaf = leaves(e).find((each) => each.from === from)
  if (!leaf) throw new Error(`no leaf begins at ${from}`)
  return leaf
}

/** What holds of every explanation: every byte once, in order; a fault marks one leaf; nothing is passed over without one. */
export function explainedWell(bytes: Uint8Array, crc: CrcLayout, key: Uint8Array | null): Explanation {
  const e = explain(bytes, crc, key === null ? null : aesKey(key))
  const all = leaves(e)
  let at = 0
  for (const leaf of all) {
    if (leaf.from !== at || leaf.to <= at) expect.fail(`bytes ${at} to ${leaf.from} belong to no leaf, or to two`)
    at = leaf.to
  }
  expect(at).toBe(bytes.length)
  expect(all.map((leaf) => leaf.bytes).join('')).toBe(hexOf(bytes))
  for (const { bytes: own, plain = own, value, field } of all) {
    expect(plain).toHaveLength(own.length)
    expect(`${field} ${value}`).not.toMatch(/undefined|null|\[object|\p{Cc}/u)
  }
  expect(all.filter(({ fault }) => fault !== undefined).map(({ fault }) => fault)).toEqual(e.fault && all.length > 0 ? [e.fault.code] : [])
  if (!e.fault) expect(all.filter(({ field }) => field === 'not read')).toEqual([])
  const lines = explainedText(e, false).split('\n')
  expect(lines.filter((line) => [...line].length > 100)).toEqual([])
  return e
}
