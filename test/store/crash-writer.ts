/** Stores readings as fast as it can and notes, fsynced, which of them were told to be stored; until it is killed. */
import { fsyncSync, openSync, writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { openStore } from '../../src/store/open.ts'
import { reading } from './state.ts'

const [directory, journal] = process.argv.slice(2) as [string, string]
const lock = acquireLock(directory)
const { outbox } = openStore({ directory, kek: null, clock: systemClock() })
const notes = openSync(journal, 'a')
outbox.onStored((messages) => {
  writeSync(notes, messages.map(({ seq, id }) => `${seq} ${id}\n`).join(''))
  fsyncSync(notes)
  console.log('stored')
})
const add = (n: number): void => {
  outbox.add(reading(`${process.pid}-${n}`, { day: `2026-11-${10 + (n % 20)}` }))
  if (n % 37 === 0) outbox.flush()
  setImmediate(add, n + 1)
}
if (lock !== null) add(0)
