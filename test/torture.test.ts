import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROWS } from '../torture/rows.ts'

/** Everything a file runs, itself included; imports of types vanish when it does. */
const closure = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/^import (?!type )[^'"]*from '(\.[^']+)'/gm)
  for (const [, path] of imports) closure(join(dirname(file), path!), seen)
  return seen
}

describe('torture', () => {
  it.each([
    'torture/air.ts',
    'torture/broker.ts',
    'torture/ledger.ts',
    'torture/recording.ts',
    'demo/im871a-stick.ts',
    'test/system/meters.ts',
  ])('%s shares no code with the product: a mistake of ours would hide itself', (file) => {
    // Which build of SQLite fits this Node is no rule of the product.
    const ours = [...closure(file)].filter((path) => path.startsWith('src/') && path !== 'src/store/disk/sqlite.ts')
    expect(ours).toEqual([])
  })

  it('would see a simulator that does', () => {
    expect([...closure('torture/inside/daemon.ts')]).toContain('src/gateway.ts')
  })

  it('has for every row a mutation that makes it fail', () => {
    expect(ROWS.filter(({ mutation }) => mutation === null)).toEqual([])
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length)
  })
})
