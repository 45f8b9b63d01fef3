import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { Verdict } from '../../src/sinks/sink.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import { openStore } from '../../src/store/open.ts'
import type { Lane } from '../../src/store/outbox/messages.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const DAY_MS = 86_400_000

const open = (directory = temporaryDirectory()) => {
  const clock = manualClock(NOON)
  const store = openStore({ directory, kek: null, clock })
  const { outbox } = store
  let count = 0
  return {
    directory,
    clock,
    store,
    outbox,
    /** Stores so many more messages; their seqs go on from the last. */
    add(messages: number): void {
      for (let n = 0; n < messages; n++) outbox.add(reading(`n${count++}`))
      outbox.flush()
    },
    seqs: (lane: Lane, limit = 100, sink = 'mqtt') => outbox.pending(sink, lane, limit).map(({ seq }) => seq),
    /** Sends the next messages of a lane, of which all share a fate. */
    send(lane: Lane, limit: number, verdict: Verdict = 'accepted', sink = 'mqtt'): void {
      const batch = outbox.pending(sink, lane, limit)
      outbox.settle(
        sink,
        batch,
        batch.map(() => verdict),
        verdict,
        clock.utcMs()! + 1000,
      )
    },
    /** What a bit that flips in the file does to a row. */
    damage(...seqs: readonly number[]): void {
      const db = new Sqlite(join(directory, 'varmesky.db'))
      for (const seq of seqs) db.prepare(`UPDATE outbox SET body = replace(body, '"', '&') WHERE seq = ?`).run(seq)
      db.close()
    },
  }
}

describe('a sink', () => {
  test('gets the same messages until they are settled, then the next', () => {
    const { add, seqs, send, store, outbox } = open()
    add(5)
    expect([seqs('live', 2), seqs('live', 2)]).toEqual([
      [1, 2],
      [1, 2],
    ])
    send('live', 2)
    expect(seqs('live', 2)).toEqual([3, 4])
    expect(outbox.state('mqtt')).toEqual({ sink: 'mqtt', live: 3, backlog: 0, held: 0, refused: 0, everDelivered: true })
    store.close()
  })

  test('has its own place, and starts with everything that is kept', () => {
    const { add, seqs, send, store, outbox } = open()
    add(3)
    expect(outbox.everDelivered()).toBe(false)
    send('live', 3)
    expect([seqs('live', 9, 'mqtt'), seqs('live', 9, 'csv')]).toEqual([[], [1, 2, 3]])
    expect([outbox.state('csv').everDelivered, outbox.everDelivered()]).toEqual([false, true])
    store.close()
  })

  test('has not been delivered to by holding or refusing', () => {
    const { add, send, store, outbox } = open()
    add(2)
    send('live', 1, 'held')
    send('live', 1, 'refused')
    expect(outbox.state('mqtt')).toEqual({ sink: 'mqtt', live: 0, backlog: 0, held: 1, refused: 1, everDelivered: false })
    store.close()
  })

  test('finds its place again after a restart', () => {
    const { directory, add, send, store, outbox } = open()
    add(5)
    send('live', 2, 'held')
    send('live', 1)
    const before = outbox.state('mqtt')
    store.close()
    const again = open(directory)
    expect([again.outbox.state('mqtt'), again.seqs('live')]).toEqual([before, [4, 5]])
    again.store.close()
  })

  test('must give one verdict for each message', () => {
    const { add, store, outbox } = open()
    add(2)
    const batch = outbox.pending('mqtt', 'live', 2)
    expect(() => outbox.settle('mqtt', batch, ['accepted'], null, 0)).toThrow('A sink gave 1 verdicts on 2 messages')
    store.close()
  })
})

describe('a held message', () => {
  test('comes again when its time has come, until it is accepted', () => {
    const { add, send, store, outbox, seqs } = open()
    add(3)
    send('live', 2, 'held')
    expect(seqs('live')).toEqual([3])
    expect(outbox.due('mqtt', NOON + 999, 10)).toEqual([])
    const due = outbox.due('mqtt', NOON + 1000, 10)
    expect(due.map(({ seq }) => seq)).toEqual([1, 2])
    outbox.settleDue('mqtt', due, ['accepted', 'held'], 'quota', NOON + 5000.5)
    expect(outbox.state('mqtt')).toMatchObject({ held: 1, everDelivered: true })
    expect([outbox.due('mqtt', NOON + 5000, 10).length, outbox.due('mqtt', NOON + 5001, 10).map(({ seq }) => seq)]).toEqual([0, [2]])
    outbox.settleDue('mqtt', outbox.due('mqtt', NOON + 5001, 10), ['refused'], 'too large', 0)
    expect(outbox.state('mqtt')).toMatchObject({ held: 0, refused: 1 })
    expect(outbox.due('mqtt', Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    store.close()
  })

  test('that has waited longest comes first', () => {
    const { add, send, store, outbox } = open()
    add(2)
    send('live', 1, 'held')
    send('live', 1, 'held')
    outbox.settleDue('mqtt', outbox.due('mqtt', NOON + 1000, 1), ['held'], null, NOON + 2000)
    expect(outbox.due('mqtt', NOON + 2000, 10).map(({ seq }) => seq)).toEqual([2, 1])
    store.close()
  })
})

describe('a split', () => {
  test('lets the messages of today go first', () => {
    const { add, clock, seqs, send, store, outbox } = open()
    add(5)
    send('live', 1)
    clock.advance(DAY_MS)
    add(2)
    outbox.split('mqtt', NOON + DAY_MS)
    expect([seqs('live'), seqs('backlog')]).toEqual([
      [6, 7],
      [2, 3, 4, 5],
    ])
    send('backlog', 3)
    send('live', 1)
    expect([seqs('live'), seqs('backlog')]).toEqual([[7], [5]])
    expect(outbox.state('mqtt')).toMatchObject({ live: 1, backlog: 1 })
    store.close()
  })

  test('before the first message of the day leaves the live lane empty', () => {
    const { add, seqs, store, outbox } = open()
    add(2)
    outbox.split('mqtt', NOON + DAY_MS)
    add(1)
    expect([seqs('live'), seqs('backlog')]).toEqual([[3], [1, 2]])
    store.close()
  })

  test('with nothing from before changes nothing', () => {
    const { add, seqs, store, outbox } = open()
    add(2)
    outbox.split('mqtt', NOON)
    outbox.split('csv', NOON + DAY_MS)
    expect([seqs('live'), seqs('backlog'), seqs('live', 9, 'csv'), seqs('backlog', 9, 'csv')]).toEqual([[1, 2], [], [], [1, 2]])
    store.close()
  })

  test('counts messages stored without a known time as from before', () => {
    const { add, clock, seqs, store, outbox } = open()
    clock.setUtc(null)
    add(2)
    clock.setUtc(NOON)
    add(1)
    outbox.split('mqtt', NOON)
    expect([seqs('live'), seqs('backlog')]).toEqual([[3], [1, 2]])
    store.close()
  })

  test('adds one day after the other to the backlog while nothing goes out', () => {
    const { add, clock, seqs, store, outbox } = open()
    for (let day = 0; day < 3; day++) {
      add(2)
      clock.advance(DAY_MS)
      outbox.split('mqtt', clock.utcMs()!)
    }
    add(1)
    expect([seqs('live'), seqs('backlog')]).toEqual([[7], [1, 2, 3, 4, 5, 6]])
    store.close()
  })

  test('waits for a backlog that the live lane has left behind', () => {
    const { add, clock, seqs, send, store, outbox } = open()
    add(2)
    outbox.split('mqtt', NOON + 1)
    add(2)
    send('live', 1)
    clock.advance(DAY_MS)
    outbox.split('mqtt', NOON + DAY_MS)
    expect([seqs('live'), seqs('backlog')]).toEqual([[4], [1, 2]])
    send('backlog', 2)
    outbox.split('mqtt', NOON + DAY_MS)
    expect([seqs('live'), seqs('backlog')]).toEqual([[], [4]])
    store.close()
  })

  test('does not make a batch under way go out twice', () => {
    const { add, clock, seqs, store, outbox } = open()
    add(3)
    clock.advance(DAY_MS)
    add(2)
    const underWay = outbox.pending('mqtt', 'live', 4)
    outbox.split('mqtt', NOON + DAY_MS)
    outbox.settle('mqtt', underWay, ['accepted', 'held', 'accepted', 'accepted'], null, 0)
    expect([seqs('live'), seqs('backlog'), outbox.state('mqtt').held]).toEqual([[5], [], 1])
    store.close()
  })

  test('loses nothing where a batch under way became the end of an older backlog', () => {
    const { add, clock, seqs, store, outbox } = open()
    add(2)
    outbox.split('mqtt', NOON + 1)
    add(3)
    const underWay = outbox.pending('mqtt', 'live', 2)
    clock.advance(DAY_MS)
    outbox.split('mqtt', NOON + DAY_MS)
    outbox.settle('mqtt', underWay, ['accepted', 'accepted'], null, 0)
    expect([seqs('live'), seqs('backlog')]).toEqual([[], [1, 2, 3, 4, 5]])
    store.close()
  })
})

describe('a damaged row', () => {
  test('is refused instead of sent, wherever it stands', () => {
    const { add, damage, seqs, send, store, outbox } = open()
    add(6)
    damage(1, 2, 4, 6)
    expect(seqs('live')).toEqual([3])
    send('live', 10)
    expect(seqs('live')).toEqual([5])
    send('live', 10)
    expect(seqs('live')).toEqual([])
    expect(outbox.state('mqtt')).toMatchObject({ live: 0, held: 0, refused: 4 })
    store.close()
  })

  test('is refused when held, and the others still come', () => {
    const { add, damage, send, store, outbox } = open()
    add(3)
    send('live', 3, 'held')
    damage(2)
    expect(outbox.due('mqtt', NOON + 1000, 10).map(({ seq }) => seq)).toEqual([1, 3])
    expect(outbox.state('mqtt')).toMatchObject({ held: 2, refused: 1 })
    store.close()
  })

  test('is not among the readings', () => {
    const { add, damage, store, outbox } = open()
    add(3)
    damage(2)
    expect(outbox.readings({}).map(({ seq }) => seq)).toEqual([3, 1])
    store.close()
  })

  test.each(['kind', 'id', 'meter', 'day', 'precedence', 'stored_at', 'checksum'])('is known by its %s too', (column) => {
    const { directory, add, seqs, store } = open()
    add(1)
    const db = new Sqlite(join(directory, 'varmesky.db'))
    db.exec(
      `UPDATE outbox SET ${column} = CASE typeof(${column}) WHEN 'integer' THEN ${column} + 1 WHEN 'text' THEN ${column} || 'x' ELSE x'00' END`,
    )
    db.close()
    expect(seqs('live')).toEqual([])
    store.close()
  })
})

test('what retention has removed is neither counted nor sent', () => {
  const { directory, add, seqs, send, store, outbox } = open()
  add(6)
  send('live', 1, 'held')
  outbox.split('mqtt', NOON + 1)
  add(2)
  const db = new Sqlite(join(directory, 'varmesky.db'))
  db.exec('PRAGMA foreign_keys = ON; DELETE FROM outbox WHERE seq <= 6')
  db.close()
  expect(outbox.state('mqtt')).toMatchObject({ live: 2, backlog: 0, held: 0 })
  expect([seqs('live'), seqs('backlog')]).toEqual([[7, 8], []])
  send('live', 1)
  outbox.split('mqtt', NOON + 1)
  expect([seqs('live'), seqs('backlog')]).toEqual([[], [8]])
  store.close()
})
