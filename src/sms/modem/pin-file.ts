import { readFileSync, statSync } from 'node:fs'
import type { Pin } from './setup.ts'

/** One word that outlives the process. */
export interface Kept {
  get(): string | null
  set(word: string | null): void
}

/** A PIN that was given and not taken is not given again, by no process, until its file is written anew. */
export function pinIn(file: string | null, given: Kept): Pin {
  const version = (): string => (file === null ? '' : String(statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? ''))
  return {
    async value() {
      const pin = file === null || version() === '' ? '' : readFileSync(file, 'utf8').trim()
      return /^\d{4,8}$/.test(pin) ? pin : null
    },
    refused: () => given.get() === version(),
    giving: () => given.set(version()),
    accepted() {
      if (given.get() !== null) given.set(null)
    },
  }
}
