/**
 * Bytes allocated per telegram: how much the heap, and what typed arrays hold outside it, grow while telegrams are decoded
 * and the garbage collector does not run. A process of its own, with room for all that garbage and a collector to call.
 */
import { decodeOne } from './keys.ts'
import { PROTECTIONS, type Protection, samples } from './telegrams.ts'

export type Garbage = Readonly<Record<Protection, number>>

const TELEGRAMS = 1_000
const METERS = 500
const WARM_UP = 10

function garbageOf(protection: Protection): number {
  const list = samples(protection, TELEGRAMS, METERS)
  for (let i = 0; i < WARM_UP; i++) list.forEach(decodeOne)
  gc?.()
  const before = process.memoryUsage()
  list.forEach(decodeOne)
  const after = process.memoryUsage()
  return (after.heapUsed - before.heapUsed + after.external - before.external) / TELEGRAMS
}

process.send?.(Object.fromEntries(PROTECTIONS.map((protection) => [protection, garbageOf(protection)])))
