import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { makeBackup } from '../../src/store/backup/backup.ts'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { VERSION } from '../../src/version.ts'
import { reading } from '../store/state.ts'

export const PASSPHRASE = 'five good words of mine'
export const METER_KEY = new Uint8Array(16).fill(3)
export const OTHER_KEY = new Uint8Array(16).fill(4)

export interface Box {
  readonly directory: string
  readonly file: string
  readonly state: string
  readonly kek: string
}

/** Hardware, until the test is over: with a configuration and a key-encryption key of its own, or without. */
export const hardware = ({ kek = true, config = true, gateway = 'box' } = {}): Box => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-box-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
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

/** Hardware with two meters, one of them with a key, and 200 messages. */
export const stocked = (): Box => {
  const box = hardware()
  withStore(box, ({ meters, outbox }) => {
    meters.put([{ meter: 'KAM-07134347', key: METER_KEY, label: 'school' }, { meter: 'KAM-07134348' }])
    for (let n = 0; n < 200; n++) outbox.add(reading(`${n}`.padEnd(200, '.')))
  })
  return box
}

/** A backup with its key-encryption key under `PASSPHRASE`, as the command makes it, but that a guess costs little. */
export const backupOf = ({ directory, file: config, state, kek }: Box, name = 'box.tar') =>
  makeBackup({
    ...{ directory: state, file: join(directory, name), gateway: 'box', program: VERSION, utcMs: Date.now() },
    config: readFileSync(config, 'utf8'),
    escrow: { kek: loadKek(kek)!, passphrase: PASSPHRASE, cost: { N: 2 ** 10, r: 8, p: 1 } },
  })
