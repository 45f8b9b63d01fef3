/**
 * `npm run fuzz -- [--count N] [--seed S] [--explain]`: mutated telegrams with right checksums against everything that reads
 * them. `npm run fuzz -- --wrong-keys N`: telegrams under wrong keys through the whole pipeline. Exit code 1 where a promise broke.
 */
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FAULTS, NOTES } from '../src/wmbus/fault.ts'
import { hexOf } from '../test/support/telegrams.ts'
import { type Finding, fuzz, fuzzExplained } from './fuzz.ts'
import { wrongKeys } from './wrong-keys.ts'

const SLOWEST_ALLOWED_MS = 50
const HEAP_POINTS = 10
const USAGE = 'usage: npm run fuzz -- [--count N] [--seed S] [--explain | --wrong-keys N]'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200000' },
    seed: { type: 'string' },
    explain: { type: 'boolean', default: false },
    'wrong-keys': { type: 'string' },
  },
})
const count = Number(values['wrong-keys'] ?? values.count)
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error(USAGE)
  process.exit(2)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heapMB = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** MB per million telegrams: least squares over the second half of the points, when all code is compiled. */
function slope(points: readonly (readonly [number, number])[]): number {
  const half = points.slice(points.length >> 1)
  const meanX = half.reduce((sum, [x]) => sum + x, 0) / half.length
  const meanY = half.reduce((sum, [, y]) => sum + y, 0) / half.length
  const over = half.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return (half.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / over) * 1e6
}

const points: [number, number][] = []
const every = Math.max(Math.floor(count / HEAP_POINTS), 1)
function progress(done: number): void {
  if ((done + 1) % every !== 0) return
  const mb = heapMB()
  points.push([done + 1, mb])
  console.log(`${String(done + 1).padStart(9)} telegrams: heap ${mb.toFixed(2)} MB`)
}

function printed(title: string, rows: Iterable<readonly [string, number]>): void {
  console.log(`\n${title}`)
  for (const [name, times] of [...rows].sort((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(9)}  ${name}`)
}

function printFindings(findings: readonly Finding[]): void {
  for (const { bytes, crc, key, error } of findings) console.log(`\n${crc} ${hexOf(bytes)} key ${hexOf(key)}\n`, error)
}

function runWrongKeys(): boolean {
  const { received, observations, kinds, results, events, seconds } = wrongKeys(count, seed)
  printed('sent', kinds)
  printed('became', results)
  printed('events', events)
  console.log(`${received} telegrams under wrong keys, ${Math.round(received / seconds)} per second, ${observations} readings`)
  return observations === 0
}

function runExplained(): boolean {
  const start = performance.now()
  const findings = fuzzExplained(count, seed, progress)
  printFindings(findings)
  const perSecond = Math.round((count / (performance.now() - start)) * 1000)
  console.log(`${count} telegrams explained, ${perSecond} per second, ${findings.length} without every byte once`)
  return findings.length === 0
}

function runAll(): boolean {
  const { findings, results, met, seconds, slowest } = fuzz(count, seed, progress)
  printed('became', results)
  const times = (names: object): [string, number][] => Object.keys(names).map((name) => [name, met.get(name as keyof typeof FAULTS) ?? 0])
  printed('faults met, with the key and without', times(FAULTS))
  printed('notes met', times(NOTES))
  printFindings(findings)
  const done = [...results.values()].reduce((sum, n) => sum + n, findings.length)
  console.log(`${done} telegrams, ${Math.round(done / seconds)} per second, ${findings.length} exceptions`)
  console.log(`slowest ${slowest.ms.toFixed(2)} ms: ${slowest.hex}, key ${slowest.key}`)
  console.log(`heap grows by ${slope(points).toFixed(3)} MB per million telegrams`)
  return findings.length === 0 && slowest.ms <= SLOWEST_ALLOWED_MS
}

console.log(`seed ${seed}`)
const kept = values['wrong-keys'] !== undefined ? runWrongKeys() : values.explain ? runExplained() : runAll()
process.exitCode = kept ? 0 : 1
