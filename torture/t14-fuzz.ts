import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { atLeast, atMost, note, type Row, type Scale } from './row.ts'

/** Runs `inside/fuzzing.ts` of a build. Rejects with what it said where it ends badly. */
const inProcess = async (build: string, what: 'mutants' | 'wrong-keys', count: number, seed: number): Promise<Record<string, number>> => {
  const child = spawn(process.execPath, ['--expose-gc', join(build, 'torture/inside/fuzzing.js'), what, String(count), String(seed)])
  const [said, trouble, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(trouble.slice(-600))
  return JSON.parse(said)
}

const MUTANTS: Readonly<Record<Scale, number>> = { short: 20_000, usual: 1_000_000, full: 10_000_000 }

export const T14: Row = {
  id: 'T14',
  title: 'mutated telegrams, layer by layer, with right checksums, against everything that reads them',
  limit: 'exceptions 0, ≤ 50 ms of the processor each, heap flat',
  mutation: { file: 'wmbus/cursor.js', find: 'c.short = true', put: "throw new RangeError('beyond the end')" },
  async run({ build, scale, seed }) {
    const { exceptions = 1, slowestMs = 0, grewMB = 0, kinds = 0 } = await inProcess(build, 'mutants', MUTANTS[scale], seed)
    return [
      note(`${MUTANTS[scale].toLocaleString('en')} telegrams`),
      atMost('exceptions', exceptions, 0),
      atMost('slowest', slowestMs, 50, ' ms'),
      // What is compiled on the way is a few MB; a leak would be more with each telegram.
      atMost('heap grew in the second half by', grewMB, 8, ' MB'),
      atLeast('faults and notes met', kinds, 40),
    ]
  },
}

const WRONG: Readonly<Record<Scale, number>> = { short: 20_000, usual: 200_000, full: 1_000_000 }

export const T16: Row = {
  id: 'T16',
  title: 'telegrams under another key than the registered one, half of them forged past the check of the key',
  limit: 'readings 0; each one without a chance is told as a wrong key',
  mutation: { file: 'trust.js', find: 'const confirmed = isProven(d) || fitting >= needed', put: 'const confirmed = true' },
  async run({ build, scale, seed }) {
    const { readings = 1, told = 0, unconfirmed = 0 } = await inProcess(build, 'wrong-keys', WRONG[scale], seed)
    return [
      note(`${WRONG[scale].toLocaleString('en')} telegrams`),
      atMost('readings', readings, 0),
      atLeast('told as a wrong key', told, WRONG[scale] / 4),
      note(`could have confirmed the key and did not ${unconfirmed}`),
    ]
  },
}
