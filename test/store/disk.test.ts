import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { RESERVE_BYTES } from '../../src/store/disk/reserve.ts'
import { openStore } from '../../src/store/open.ts'
import { canMount, failingDisk, smallDisk } from '../support/disk.ts'
import { KEK, NOON, reading, temporaryDirectory } from './state.ts'

const SINK = 'mqtt'
const METER = 'KAM-07134347'
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)

let received = 0

const DAY_MS = 86_400_000

const open = (directory: string, { maxBytes, receipts = [] }: { maxBytes?: number; receipts?: readonly string[] } = {}) => {
  const clock = manualClock(NOON)
  const told: string[] = []
  const stored = new Set<string>()
  const store = openStore({ directory, kek: KEK, clock, unattended: true, ...(maxBytes && { maxBytes }) })
  store.outbox.expectReceipts(receipts)
  store.outbox.onStored((messages) => messages.forEach(({ id }) => void stored.add(id)))
  store.tend({ sinks: [SINK], receipts, tell: (event, { state = '' }) => void told.push(`${event} ${state}`.trim()) })
  /** Readings of which no two are the same. */
  const receive = (count: number): void => {
    for (const end = received + count; received < end; received++) store.outbox.add(reading(`${received}`.padEnd(300, '.')))
  }
  const accept = (count: number): readonly string[] => {
    const batch = store.outbox.pending(SINK, 'live', count)
    store.outbox.settle(SINK, batch, Array(batch.length).fill('accepted'), null, 0)
    return batch.map(({ id }) => id)
  }
  /** Everything that was told to be stored, as far as it is missing. */
  const missing = (): readonly string[] => {
    const there = new Set(store.outbox.readings({}).map(({ id }) => id))
    return [...stored].filter((id) => !there.has(id))
  }
  return { clock, told, stored, store, receive, accept, missing }
}

/** Takes every byte that is left. */
const fill = (disk: string): void => {
  for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2))
    for (let n = 0; ; n++) {
      const path = join(disk, `filler-${size}-${n}`)
      try {
        writeFileSync(path, Buffer.alloc(size))
      } catch {
        rmSync(path, { force: true })
        break
      }
      if (size === 1) break
    }
}
const empty = (disk: string): void => {
  for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2))
    for (let n = 0; existsSync(join(disk, `filler-${size}-${n}`)); n++) rmSync(join(disk, `filler-${size}-${n}`))
}

describe.skipIf(!canMount)('on a disk of 24 MB that others fill', () => {
  test('nothing stored is lost, what comes waits, and all is stored once there is room; three times over', () => {
    const disk = smallDisk(24)
    const { clock, told, store, receive, missing, stored } = open(join(disk, 'state'))
    const reserve = join(disk, 'state', 'varmesky.reserve')
    for (let cycle = 0; cycle < 3; cycle++) {
      clock.advance(60_000)
      expect(statSync(reserve).size).toBe(RESERVE_BYTES)
      receive(100)
      fill(disk)
      // The reserve alone takes these; what comes after it is gone waits in RAM.
      for (let n = 0; n < 12; n++) {
        receive(100)
        clock.advance(10_000)
        fill(disk)
      }
      expect(store.health().state).toBe('full')
      expect(existsSync(reserve)).toBe(false)
      expect(store.outbox.queue().waiting).toBeGreaterThan(0)
      empty(disk)
      clock.advance(30_000)
      expect([store.health().state, store.outbox.queue()]).toEqual(['ok', { waiting: 0, dropped: 0 }])
      expect(missing()).toEqual([])
      // Room for the next cycle.
      expect(stored.size).toBe(1300 * (cycle + 1))
    }
    expect(told).toEqual(Array(3).fill(['store.trouble full', 'store.recovered']).flat())
    store.close()
  }, 120_000)

  test('a start on the full disk needs no room', () => {
    const disk = smallDisk(24)
    const directory = join(disk, 'state')
    const before = open(directory)
    before.store.meters.put([{ meter: METER, key: KEY }])
    before.receive(200)
    before.store.outbox.flush()
    before.store.close()
    fill(disk)
    const after = open(directory)
    expect(after.store.meters.keyOf(METER)).toEqual(KEY)
    after.receive(10)
    after.clock.advance(60_000)
    empty(disk)
    after.clock.advance(60_000)
    expect([after.store.health().state, after.store.outbox.readings({}).length]).toEqual(['ok', 210])
    after.store.close()
  })
})

describe.skipIf(!canMount)('on a disk that becomes read-only', () => {
  test('what comes waits, also after a restart, and is stored once the disk is repaired', () => {
    const disk = failingDisk()
    const directory = join(disk.at, 'state')
    const lock = acquireLock(directory)
    const { clock, told, store, receive } = open(directory)
    store.meters.put([{ meter: METER, key: KEY }])
    receive(100)
    disk.fail()
    receive(100)
    clock.advance(60_000)
    expect(['io-error', 'read-only']).toContain(store.health().state)
    expect(told.length).toBeGreaterThan(0)
    expect(store.outbox.queue()).toEqual({ waiting: 100, dropped: 0 })
    expect(store.meters.keyOf(METER)).toEqual(KEY)
    store.close()

    lock?.release()

    disk.repair('ro')
    const lockAgain = acquireLock(directory)
    expect(lockAgain).not.toBeNull()
    const again = open(directory)
    expect(again.store.meters.keyOf(METER)).toEqual(KEY)
    expect(again.store.outbox.readings({}).length).toBe(100)
    again.receive(150)
    again.clock.advance(60_000)
    expect(again.store.health().state).toBe('read-only')
    disk.makeWritable()
    again.clock.advance(60_000)
    expect([again.store.health().state, again.store.outbox.queue().waiting]).toEqual(['ok', 0])
    expect(again.store.outbox.readings({}).length).toBe(250)
    again.store.meters.put([{ meter: METER, label: 'cellar' }])
    again.store.close()
    lockAgain?.release()
  })
})

describe('a file that is taken away under the daemon', () => {
  test.each(['removed', 'renamed'])('%s: all of it is there again within a minute', (how) => {
    const directory = temporaryDirectory()
    const { clock, told, store, receive, missing, stored } = open(directory)
    store.meters.put([{ meter: METER, key: KEY }])
    receive(250)
    store.outbox.flush()
    const file = join(directory, 'varmesky.db')
    if (how === 'removed') rmSync(file)
    else renameSync(file, join(directory, 'elsewhere.db'))
    receive(50)
    clock.advance(61_000)
    expect(told).toEqual(['store.trouble moved', 'store.recovered'])
    receive(100)
    clock.advance(10_000)
    expect([stored.size, missing()]).toEqual([400, []])
    store.close()
    const again = open(directory)
    expect(again.store.outbox.pending(SINK, 'live', 1000).length).toBe(400)
    expect(again.store.meters.keyOf(METER)).toEqual(KEY)
    again.store.close()
  })
})

describe('at the size limit', () => {
  const LIMIT = 3_000_000

  /** What retention does while a daemon runs; the timers in between are left out. */
  const age = ({ clock, store }: ReturnType<typeof open>, days: number): void => {
    clock.setUtc(clock.utcMs()! + days * DAY_MS)
    store.retention.advance(days * DAY_MS, clock.utcMs()!)
  }

  test('delivered messages older than 14 days give way, are told of, and those not delivered stay', () => {
    const box = open(temporaryDirectory(), { maxBytes: LIMIT })
    const { clock, store, receive, accept, stored, told } = box
    receive(1500)
    accept(1500)
    age(box, 15)
    receive(1500)
    clock.advance(60_000)
    expect(store.health().state).toBe('ok')
    expect(store.outbox.queue()).toEqual({ waiting: 0, dropped: 0 })
    expect(stored.size).toBe(3000)
    expect(store.outbox.readings({}).length).toBeLessThan(3000)
    expect(store.outbox.pending(SINK, 'live', 5000).length).toBe(1500)
    expect(told).toContain('store.made-room')
    store.close()
  })

  test('hourly values give way before any message, the oldest first', () => {
    const { clock, store, receive, stored, told } = open(temporaryDirectory(), { maxBytes: LIMIT })
    const registers = JSON.stringify({ energy: { value: '79846', unit: 'kWh' }, note: 'x'.repeat(200) })
    store.series.put(Array.from({ length: 6_000 }, (_, n) => ({ hour: n >> 2, meter: `KAM-${n & 3}`, observedAt: n, registers })))
    receive(1500)
    clock.advance(60_000)
    expect([store.health().state, stored.size, store.outbox.readings({}).length]).toEqual(['ok', 1500, 1500])
    const left = store.series.list({})
    expect(left.length).toBeLessThan(6_000)
    expect(left.at(-1)!.hour).toBe(1_499)
    expect(left[0]!.hour).toBeGreaterThan(0)
    expect(told).toContain('store.made-room')
    store.close()
  })

  test('delivered messages of the last 14 days stay, and what comes waits in RAM', () => {
    const box = open(temporaryDirectory(), { maxBytes: LIMIT })
    const { clock, store, receive, accept, missing, told } = box
    receive(3000)
    accept(1500)
    age(box, 14)
    receive(3000)
    accept(1500)
    clock.advance(60_000)
    expect([store.health().state, missing()]).toEqual(['full', []])
    expect(told).not.toContain('store.made-room')
    store.close()
  })

  test('where billing confirms, only what it has confirmed gives way', () => {
    const box = open(temporaryDirectory(), { maxBytes: LIMIT, receipts: [SINK] })
    const { clock, store, receive, accept } = box
    receive(1500)
    const ids = accept(1500)
    store.outbox.confirmIds(SINK, ids.slice(700, 1500))
    age(box, 15)
    receive(3000)
    clock.advance(60_000)
    const kept = new Set(store.outbox.readings({}).map(({ id }) => id))
    expect(ids.slice(0, 700).filter((id) => !kept.has(id))).toEqual([])
    expect(ids.slice(700).filter((id) => kept.has(id))).toEqual([])
    store.close()
  })

  test('where nothing was delivered, what comes waits in RAM, and the file does not grow', () => {
    const directory = temporaryDirectory()
    const box = open(directory, { maxBytes: LIMIT })
    const { clock, store, receive, accept, missing } = box
    receive(6000)
    clock.advance(60_000)
    const { waiting } = store.outbox.queue()
    expect(store.health().state).toBe('full')
    expect(missing()).toEqual([])
    expect(statSync(join(directory, 'varmesky.db')).size).toBeLessThanOrEqual(LIMIT)
    accept(500)
    age(box, 15)
    clock.advance(60_000)
    expect(store.outbox.queue().waiting).toBeLessThan(waiting)
    store.close()
  })
})
