/** `npm run fuzz:coverage [-- --seconds N] [--seed S]`: changes inputs towards code that none of them reached. */
import { parseArgs } from 'node:util'
import { hexOf, join } from '../../test/support/telegrams.ts'
import { type Random, randomOf } from '../random.ts'
import { mutant } from '../telegrams.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { instrumented } from './instrumented.ts'
import { KEY } from './repair.ts'
import { minimized, search } from './search.ts'

const SEEDS = 5000
const PROGRESS_MS = 60_000
/** `stripped` with a key, and bytes as they are as a receiver states them or as loose hex: see repair.ts. */
const PREFIXES = [0x08, 0x08, 0x08, 0x09, 0x0a, 0x1d, 0x19, 0x1a, 0x1c]

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } })
const seconds = Number(values.seconds)
const r = randomOf(Number(values.seed))
const target = instrumented()
const { attempt, next, kept, reached } = search(target)

const seedOf = (from: Random): Uint8Array => join([from.pick(PREFIXES)], mutant(from, KEY).bytes)
const arms = (): readonly number[] => reached().filter((counter) => counter >= target.armsFrom)
const allArms = target.counters.length - target.armsFrom
const start = performance.now()
let executions = 0
let failed = false

function tried(input: Uint8Array): void {
  executions++
  try {
    attempt(input)
  } catch (error) {
    failed = true
    console.log(`\n${hexOf(input)}\n`, error)
  }
}

function tell(): void {
  const passed = (performance.now() - start) / 1000
  const places = `${arms().length} of ${allArms} branch arms, ${reached().length} of ${target.counters.length} counters`
  console.log(`${passed.toFixed(0)} s: ${executions} executions (${Math.round(executions / passed)}/s), ${places}, ${kept.length} kept`)
}

for (const input of readCorpus()) tried(input)
for (let i = 0; i < SEEDS; i++) tried(seedOf(r))
tell()
for (let told = start; performance.now() - start < seconds * 1000 && !failed; ) {
  for (let i = 0; i < 1000 && !failed; i++) tried(next(r))
  if (performance.now() - told < PROGRESS_MS) continue
  told = performance.now()
  tell()
}
tell()
const corpus = minimized(target, kept)
writeCorpus(corpus)
console.log(`corpus of ${corpus.length} inputs, ${corpus.reduce((sum, { length }) => sum + length, 0)} bytes`)

const reachedArms = new Set(arms())
const missed = new Map<string, number>()
for (let i = target.armsFrom; i < target.counters.length; i++) {
  if (!reachedArms.has(i)) missed.set(target.fileOf(i), (missed.get(target.fileOf(i)) ?? 0) + 1)
}
console.log('arms never reached, by file:')
for (const [file, times] of [...missed].sort((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(5)}  ${file}`)
process.exitCode = failed ? 1 : 0
