/** The inputs that reach all that was ever reached, one a line in hex: every `npm test` runs them again. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hex, hexOf } from '../../test/support/telegrams.ts'

const FILE = new URL('../corpus/inputs.txt', import.meta.url)

export function readCorpus(): Uint8Array[] {
  if (!existsSync(FILE)) return []
  return readFileSync(FILE, 'utf8').split('\n').filter(Boolean).map(hex)
}

export function writeCorpus(inputs: readonly Uint8Array[]): void {
  mkdirSync(fileURLToPath(new URL('.', FILE)), { recursive: true })
  writeFileSync(FILE, `${inputs.map(hexOf).join('\n')}\n`)
}
