import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type Inbox, openInbox } from '../../src/sms/inbox.ts'
import type { Book } from '../../src/sms/verdict.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { deliver } from './deliver.ts'

const HOUR_MS = 3_600_000
const long = (reference: number, at?: string): readonly string[] =>
  deliver({ from: '+4520123456', body: `${reference} Meter No.: 5300279 `.repeat(9), ...(at && { at }) }, reference)

let directory: string
let clock: ManualClock
let store: Store
let quarantined: number

const open = (book: Book = store.sms): Inbox =>
  openInbox({ book, judge: () => ({ reason: 'test.whole' }), offer() {}, quarantined: () => void quarantined++, clock, log: silentLog })
const reasons = (): (string | null)[] => store.sms.list({ state: 'quarantine' }).map(({ reason }) => reason)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-inbox-'))
  clock = manualClock(Date.parse('2026-11-24T05:00:00Z'))
  store = openStore({ directory, kek: null, clock })
  quarantined = 0
})
afterEach(() => {
  store.close()
  rmSync(directory, { recursive: true })
})

describe('an inbox', () => {
  it('takes parts in any order and however often, as one message', () => {
    const inbox = open()
    const [one, two] = long(1)
    for (const pdu of [two!, two!, one!, one!]) inbox.take([pdu])
    expect([reasons(), quarantined]).toEqual([['test.whole'], 1])
    expect(inbox.state()).toEqual({ known: 2, accepted: 0, quarantined: 1, incomplete: 0 })
  })

  it('puts a part whose others have not come for a day into quarantine, and joins no half', () => {
    const inbox = open()
    inbox.take([long(1)[0]!])
    clock.advance(24 * HOUR_MS - 1)
    inbox.expire()
    expect([reasons(), inbox.state().incomplete]).toEqual([[], 1])
    clock.advance(1)
    inbox.expire()
    expect([reasons(), inbox.state().incomplete]).toEqual([['sms.parts-late'], 0])
  })

  it('puts parts into quarantine whose number another message takes', () => {
    const inbox = open()
    inbox.take([long(1, '2026-11-24T06:00:00')[0]!])
    inbox.take(deliver({ from: '+4520123456', body: `other ${'x'.repeat(200)}`, at: '2026-11-24T07:00:00' }, 1))
    expect(reasons()).toEqual(['test.whole', 'sms.parts-displaced'])
  })

  it('goes on with parts that came before a restart', () => {
    const [one, two] = long(1)
    open().take([one!])
    const again = open()
    expect(again.state().incomplete).toBe(1)
    again.take([one!, two!])
    expect([reasons(), again.state().known]).toEqual([['test.whole'], 1])
  })

  it('hands back what the disk refuses, and settles later what it could not', () => {
    let full = true
    const settle: Book['settle'] = (...args) => {
      if (full) throw new Error('the disk is full')
      store.sms.settle(...args)
    }
    const inbox = open({ ...store.sms, settle })
    inbox.take(long(1))
    expect([store.sms.counts().waiting, quarantined]).toEqual([2, 0])
    full = false
    inbox.expire()
    expect([reasons(), quarantined, store.sms.counts().waiting]).toEqual([['test.whole'], 1, 0])
    const keep = (): never => {
      throw new Error('the disk is full')
    }
    expect(() => open({ ...store.sms, keep }).take(long(2))).toThrow('the disk is full')
  })

  it('takes no message twice that comes again after it was decided about', () => {
    const inbox = open()
    inbox.take(long(1))
    const [entry] = store.sms.list({ state: 'quarantine' })
    expect(inbox.reject(entry!.message)).toBeNull()
    inbox.take(long(1))
    expect([reasons(), inbox.state().known]).toEqual([[], 2])
    expect(inbox.reject(entry!.message)).toEqual({ problem: expect.stringContaining('no message') })
  })
})
