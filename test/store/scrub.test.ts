import { closeSync, cpSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { connect } from '../../src/store/disk/connect.ts'
import { databasePath, openDatabase } from '../../src/store/disk/database.ts'
import { createHandle } from '../../src/store/disk/handle.ts'
import { checkStructure, startWalk } from '../../src/store/disk/scrub.ts'
import { openStore } from '../../src/store/open.ts'
import { KEK, NOON, reading, temporaryDirectory } from './state.ts'

const SINK = 'mqtt'
/** Where everything of this kind lies, by the name of its table or index; the first leaf of each. */
const LEAVES = `SELECT name, min(pageno) AS page FROM dbstat WHERE pagetype = 'leaf' AND name NOT LIKE 'sqlite%' GROUP BY name`

let base: string
let leaves: ReadonlyMap<string, number>

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'varmesky-scrub-'))
  const store = openStore({ directory: base, kek: KEK, clock: manualClock(NOON) })
  store.outbox.expectReceipts([SINK])
  for (let n = 0; n < 600; n++) store.outbox.add(reading(`content-${n}`, { day: `2026-10-${10 + (n % 9)}` }))
  store.outbox.flush()
  const batch = store.outbox.pending(SINK, 'live', 500)
  store.outbox.settle(SINK, batch, Array(batch.length).fill('accepted'), null, 0)
  store.close()
  const db = openDatabase(base)
  leaves = new Map((db.prepare(LEAVES).all() as { name: string; page: number }[]).map(({ name, page }) => [name, page]))
  db.close()
})
afterAll(() => rmSync(base, { recursive: true }))

/** A copy in which that page is spoiled. */
const spoiled = (page?: number): string => {
  const directory = join(temporaryDirectory(), 'state')
  cpSync(base, directory, { recursive: true })
  if (page !== undefined) {
    const file = openSync(databasePath(directory), 'r+')
    writeSync(file, Buffer.alloc(4_096, 0xa5), 0, 4_096, (page - 1) * 4_096)
    closeSync(file)
  }
  return directory
}

test('damage of any table or index is found at the start, also of those nobody reads, whatever the end before', () => {
  expect(leaves.size).toBeGreaterThan(12)
  for (const [name, page] of leaves) {
    const directory = spoiled(page)
    expect(() => connect({ directory, maxBytes: undefined }), name).toThrow(expect.objectContaining({ code: 'SQLITE_CORRUPT' }))
  }
  connect({ directory: spoiled(), maxBytes: undefined }).connection.close()
})

describe('a large file', () => {
  /** What the start of a large file says of it, and the walk behind the start. */
  const lookedThrough = (page?: number) => {
    const clock = manualClock(NOON)
    const connection = openDatabase(spoiled(page))
    const handle = createHandle(connection)
    const failures: unknown[] = []
    handle.onFailure((error) => failures.push((error as { code?: string }).code))
    let atStart = 'ok'
    try {
      checkStructure(connection, 0)
    } catch (error) {
      atStart = (error as { code: string }).code
    }
    startWalk(handle, clock, connection, 0)
    for (let n = 0; n < 100; n++) clock.advance(1_000)
    connection.close()
    return { atStart, failures }
  }

  test('that is in order is found so', () => {
    expect(lookedThrough()).toEqual({ atStart: 'ok', failures: [] })
  })

  test('is checked at the start but for its large tables, which a walk goes through', () => {
    const LARGE = ['outbox', 'outbox_day_meter', 'sink_receipts', 'sink_receipts_seq']
    for (const name of LARGE)
      expect([name, lookedThrough(leaves.get(name))]).toEqual([name, { atStart: 'ok', failures: ['SQLITE_CORRUPT'] }])
    for (const [name, page] of leaves)
      if (!/^(outbox|sink_receipts)/.test(name) || name.startsWith('outbox_exceptions'))
        expect([name, lookedThrough(page).atStart]).toEqual([name, 'SQLITE_CORRUPT'])
  })
})
