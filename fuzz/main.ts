/** `npm run fuzz -- [--count N] [--seed S]`: mutated telegrams with right checksums against everything that reads them. */
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { hexOf } from '../test/support/telegrams.ts'
import { fuzz } from './fuzz.ts'

const SLOWEST_ALLOWED_MS = 50

const { values } = parseArgs({ options: { count: { type: 'string', default: '200000' }, seed: { type: 'string' } } })
const count = Number(values.count)
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--count N] [--seed S]')
  process.exit(2)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heapMB = (): string => {
  collectGarbage()
  return (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)
}

console.log(`seed ${seed}`)
const before = heapMB()
const { findings, results, seconds, slowest } = fuzz(count, seed, (done) => {
  if (process.stderr.isTTY && done % 10_000 === 0) process.stderr.write(`\r${done}`)
})
const done = [...results.values()].reduce((sum, n) => sum + n, findings.length)

for (const [result, times] of [...results].sort((a, b) => b[1] - a[1])) console.log(`${String(times).padStart(9)}  ${result}`)
for (const { bytes, crc, key, error } of findings) console.log(`\n${crc} ${hexOf(bytes)} key ${hexOf(key)}\n`, error)
console.log(`${done} telegrams, ${Math.round(done / seconds)} per second, ${findings.length} exceptions`)
console.log(`slowest ${slowest.ms.toFixed(2)} ms: ${slowest.hex}`)
console.log(`heap ${before} MB before, ${heapMB()} MB after`)
process.exitCode = findings.length > 0 || slowest.ms > SLOWEST_ALLOWED_MS ? 1 : 0
