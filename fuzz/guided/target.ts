/** What the coverage-guided fuzzer runs, instrumented: nothing but the codec, so that everything counted is the codec's. */
import { received } from './repair.ts'
import { walk } from './walk.ts'

/** Throws only where something is broken. */
export function run(data: Uint8Array): void {
  const input = received(data)
  if (input !== null) walk(input)
}
