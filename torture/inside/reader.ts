/** Opens one state after the other, as a start does, and says what it finds: JSON lines in, JSON lines out. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { hasItsKey } from './made-up.ts'
import { steeredClock } from './steered-clock.ts'

export interface Question {
  readonly directory: string
  /** The acknowledgements, and how many bytes of them had been given. */
  readonly acks: string
  readonly given: number
}

export interface Answer {
  /** Readings and keys acknowledged and not there. */
  readonly lost: number
  readonly acknowledged: number
  /** SQLite's word, or why the state could not be opened. */
  readonly integrity: string
}

const kek = loadKek(process.argv[2]!)
const clock = steeredClock({ rate: 1, utcMs: Date.UTC(2026, 9, 21), worldMs: Date.now() })

const look = ({ directory, acks, given }: Question): Answer => {
  const lines = readFileSync(acks).subarray(0, given).toString().split('\n').slice(0, -1)
  try {
    const store = openStore({ directory, kek, clock })
    const there = new Set(store.outbox.readings({}).map(({ id }) => id))
    const lost = lines.filter((line) => {
      const [word, name] = line.split(' ') as [string, string]
      return word === 'stored' ? !there.has(name) : !hasItsKey(store.meters, name)
    }).length
    store.close()
    const db = new Sqlite(join(directory, 'varmesky.db'), { readonly: true })
    const integrity = String(db.pragma('integrity_check', { simple: true }))
    db.close()
    return { lost, acknowledged: lines.length, integrity }
  } catch (error) {
    return { lost: lines.length, acknowledged: lines.length, integrity: (error as Error).message }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => void process.stdout.write(`${JSON.stringify(look(JSON.parse(line)))}\n`))
