import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { databasePath, openDatabase } from '../../src/store/disk/database.ts'
import { openStore } from '../../src/store/open.ts'
import type { SmsState } from '../../src/store/sms-messages.ts'
import { KEK, NOON, reading, temporaryDirectory } from './state.ts'

const MESSAGES = 240
const STATES: readonly SmsState[] = ['waiting', 'accepted', 'quarantine', 'rejected']
const pduOf = (n: number): string => Buffer.alloc(100, `message ${n}`).toString('hex').toUpperCase()
const messageOf = (n: number) => ({ pdu: pduOf(n), hash: createHash('sha256').update(pduOf(n)).digest('hex') })
const reasonOf = (n: number): string | null => (n % 4 === 2 ? 'sms.unknown' : null)
const openTended = (directory: string) => {
  const clock = manualClock(NOON)
  const store = openStore({ directory, kek: KEK, clock, unattended: true })
  store.tend({ sinks: [], receipts: [], tell() {} })
  return { clock, store }
}

/** A store with readings and messages by SMS, of which one page is spoiled: the first that the query finds. */
const damaged = (pages: string): string => {
  const directory = join(temporaryDirectory(), 'state')
  const { store } = openTended(directory)
  for (let n = 0; n < 100; n++) store.outbox.add(reading(`content-${n}`))
  store.sms.keep(
    Array.from({ length: MESSAGES }, (_, n) => messageOf(n)),
    NOON,
  )
  store.close()
  const db = openDatabase(directory)
  const settle = db.prepare(`UPDATE sms_pdus SET message = seq, state = ?, reason = ?, meter = 'KAM-07134347' WHERE seq = ?`)
  db.transaction(() => {
    for (let n = 0; n < MESSAGES; n++) settle.run(STATES[n % 4], reasonOf(n), n + 1)
  })()
  const page = db.prepare(`SELECT min(pageno) FROM dbstat WHERE ${pages}`).pluck().get() as number
  db.close()
  const file = openSync(databasePath(directory), 'r+')
  writeSync(file, Buffer.alloc(4_096), 0, 4_096, (page - 1) * 4_096)
  closeSync(file)
  return directory
}

/** Everything of the messages that a start finds at once, and what the salvage behind it adds. */
const found = (directory: string) => {
  const { clock, store } = openTended(directory)
  const all = () => STATES.flatMap((state) => store.sms.list({ state })).sort((a, b) => a.message - b.message)
  const atStart = all()
  const waiting = store.sms.waiting().length
  const [next] = store.sms.keep([messageOf(MESSAGES)], NOON)
  for (let second = 0; second < 60; second++) clock.advance(1_000)
  const later = all()
  store.close()
  return { atStart, later, waiting, next: next!.seq }
}

const EVERY = Array.from({ length: MESSAGES }, (_, n) => ({
  message: n + 1,
  state: STATES[n % 4],
  reason: reasonOf(n),
  meter: 'KAM-07134347',
  pdus: [{ seq: n + 1, pdu: pduOf(n), receivedAt: NOON }],
}))

test('messages by SMS outlive damage elsewhere, with their numbers and what became of them, before a line is opened', () => {
  const { atStart, waiting, next } = found(damaged(`name = 'outbox' AND pagetype = 'leaf'`))
  expect(atStart).toEqual(EVERY)
  expect(waiting).toBe(MESSAGES / 4)
  // A number that was given is not given again: people may have noted it.
  expect(next).toBe(MESSAGES + 1)
})

test('of the page that is spoiled they are lost, and of no other', () => {
  const { atStart } = found(
    damaged(`name = 'sms_pdus' AND pagetype = 'leaf' AND pageno > (SELECT min(pageno) + 2 FROM dbstat WHERE name = 'sms_pdus')`),
  )
  expect(atStart.length).toBeLessThan(MESSAGES)
  expect(atStart.length).toBeGreaterThan(MESSAGES - 15)
  expect(EVERY).toEqual(expect.arrayContaining(atStart))
})

test('where the tree no longer leads to them, they come out of the pages', () => {
  const { atStart, later } = found(damaged(`name = 'sms_pdus' AND pagetype = 'internal'`))
  expect(atStart).toEqual([])
  expect(later.slice(0, MESSAGES)).toEqual(EVERY)
})
