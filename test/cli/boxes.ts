import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

export const PASSPHRASE = 'five good words of mine'
export const METER_KEY = new Uint8Array(16).fill(3)
export const OTHER_KEY = new Uint8Array(16).fill(4)

export interface Box {
  readonly directory: string
  readonly file: string
  readonly state: string
  readonly kek: string
}

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** Hardware: with a configuration and a key-encryption key of its own, or without. */
export const hardware = ({ kek = true, config = true, gateway = 'box' } = {}): Box => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-box-'))
  made.push(directory)
  const box = { directory, file: join(directory, 'varmesky.yaml'), state: join(directory, 'state'), kek: join(directory, 'kek') }
  if (config) writeFileSync(box.file, `gateway: ${gateway}\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nstdout: true\n`)
  if (kek) createKekFile(box.kek)
  mkdirSync(box.state)
  return box
}

export const openBox = (box: Box): Store => openStore({ directory: box.state, kek: loadKek(box.kek), clock: systemClock() })

/** Does something with the store of a box whose daemon is off. */
export const withStore = <Result>(box: Box, look: (store: Store) => Result): Result => {
  const store = openBox(box)
  try {
    return look(store)
  } finally {
    store.close()
  }
}

export const passphraseFile = (box: Box, passphrase = PASSPHRASE): string => {
  const file = join(box.directory, 'passphrase')
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 })
  return file
}
