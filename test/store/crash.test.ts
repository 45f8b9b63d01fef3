import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { openStore } from '../../src/store/open.ts'
import { runScript } from '../support/compiled.ts'
import { NOON, temporaryDirectory } from './state.ts'

/** The lines that were written whole: the last one may be cut. */
const notes = (journal: string): readonly string[] => readFileSync(journal, 'utf8').split('\n').slice(0, -1)

test('what was told to be stored survives kill -9, and seq goes on rising', async () => {
  const directory = temporaryDirectory()
  const state = join(directory, 'state')
  const journal = join(directory, 'journal')
  let noted = 0
  for (let round = 0; round < 3; round++) {
    const writer = runScript(new URL('./crash-writer.ts', import.meta.url), state, journal)
    await once(writer.stdout, 'data')
    await setTimeout(Math.random() * 200)
    writer.kill('SIGKILL')
    await once(writer, 'exit')

    const store = openStore({ directory: state, kek: null, clock: manualClock(NOON) })
    const stored = store.outbox.pending('sink', 'live', 1e9).map(({ seq, id }) => `${seq} ${id}`)
    store.close()
    const onDisk = new Set(stored)
    expect(notes(journal).filter((note) => !onDisk.has(note))).toEqual([])
    expect(notes(journal).length).toBeGreaterThan(noted)
    noted = notes(journal).length
    const seqs = notes(journal).map((note) => Number.parseInt(note, 10))
    expect(seqs.every((seq, index) => index === 0 || seq > seqs[index - 1]!)).toBe(true)
  }
  const db = new Sqlite(join(state, 'varmesky.db'), { readonly: true })
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
}, 60_000)
