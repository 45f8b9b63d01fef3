import { readdirSync, readFileSync } from 'node:fs'
import { type Decoded, decodeInput } from '../../src/cli/decode/decoded.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { Fault } from '../../src/wmbus/fault.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { hex } from './telegrams.ts'

/** One telegram and what it says, or why it says nothing. */
export interface Fixture {
  /** Where the bytes come from: a clause of a standard, a field capture, or whose layout they were made of. */
  readonly source: string
  readonly note?: string
  readonly telegram: string
  /** What a receiver would state of it; left out: hex of unknown origin. */
  readonly crc?: CrcLayout
  readonly key?: string
  /** Earlier telegrams of the same meter. */
  readonly context?: readonly string[]
  /** What `varmesky decode --jsonl` prints … */
  readonly expect?: Decoded
  /** … or why it stops. */
  readonly fault?: Fault
}

export const FIXTURES = new URL('../fixtures/', import.meta.url)
const FOLDERS = ['spec', 'devices', 'regressions']

/** File name relative to `FIXTURES` → fixture. */
export function loadFixtures(): ReadonlyMap<string, Fixture> {
  const files = FOLDERS.flatMap((folder) => readdirSync(new URL(`${folder}/`, FIXTURES)).map((name) => `${folder}/${name}`))
  return new Map(files.sort().map((file) => [file, JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as Fixture]))
}

/** Decodes it again. A receiver's statement about CRCs counts before any guess. */
export function resultOf({ telegram, crc, key, context = [] }: Fixture): Pick<Fixture, 'expect' | 'fault'> {
  const stated = crc && decode(hex(telegram), crc, key ? aesKey(hex(key)) : null)
  if (stated?.fault) return { fault: stated.fault }
  const { json } = decodeInput({ telegram, key: key ?? null, context })
  return json.ok ? { expect: JSON.parse(JSON.stringify(json)) as Decoded } : { fault: json.error!.code as Fault }
}
