import { aesKey, type Key } from '../../wmbus/security.ts'
import { failure } from '../failure.ts'
import { readMeterList } from '../meters/import-file.ts'
import { planImport } from '../meters/import-plan.ts'
import { say } from '../output.ts'
import type { KeyOf } from './hearing.ts'

/** The meters of a list as `meters import` reads it, each with its key where it has one. Rows that cannot be read are told. */
export function keysIn(file: string): KeyOf {
  const { rows } = readMeterList(file)
  const { added, refused } = planImport(rows, [], '', () => {})
  for (const { line, reason } of refused) say(`${file}:${line}: ${reason}`)
  if (added.length === 0) throw failure('failed', `${file} names no meter that can be read`)
  const keys = new Map<string, Key | null>(added.map(({ meter, key }) => [meter, key ? aesKey(Buffer.from(key, 'hex')) : null]))
  return (meter) => keys.get(meter)
}
