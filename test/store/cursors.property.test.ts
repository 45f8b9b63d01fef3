import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { Outgoing, Verdict } from '../../src/sinks/sink.ts'
import { migrate } from '../../src/store/disk/database.ts'
import { MIGRATIONS } from '../../src/store/disk/migrations.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import type { Lane } from '../../src/store/outbox/messages.ts'
import { createOutbox } from '../../src/store/outbox/outbox.ts'
import { NOON, reading } from './state.ts'

const HOUR_MS = 3_600_000
const LANES: readonly Lane[] = ['live', 'backlog']

/** Where a batch comes from: one of the lanes, or the held messages. */
const source = fc.constantFrom(...LANES, 'due' as const)
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('take' as const), source, limit: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    do: fc.constant('settle' as const),
    source,
    verdicts: fc.array(fc.constantFrom<Verdict>('accepted', 'held', 'refused'), { minLength: 6, maxLength: 6 }),
  }),
  fc.record({ do: fc.constant('split' as const), hours: fc.integer({ min: 0, max: 48 }) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type Source = Lane | 'due'

/** One sink, and what it knows about every message it was ever given. */
const createSink = () => {
  const db = new Sqlite(':memory:')
  migrate(db, MIGRATIONS)
  const clock = manualClock(NOON)
  const { outbox } = createOutbox(db, clock)
  const underWay = new Map<Source, { batch: readonly Outgoing[]; overtaken: boolean }>()
  const accepted = new Set<number>()
  const acceptedForGood = new Set<number>()
  const refused = new Set<number>()
  let stored = 0

  const look = (from: Source, limit: number): readonly Outgoing[] => {
    const batch = from === 'due' ? outbox.due('sink', clock.utcMs()!, limit) : outbox.pending('sink', from, limit)
    const seqs = batch.map(({ seq }) => seq)
    expect(
      seqs.filter((seq) => acceptedForGood.has(seq)),
      'sent again',
    ).toEqual([])
    expect(
      seqs.filter((seq) => refused.has(seq)),
      'sent though refused',
    ).toEqual([])
    return batch
  }
  const settle = (from: Source, verdicts: readonly Verdict[]): void => {
    const { batch, overtaken } = underWay.get(from) ?? { batch: [], overtaken: false }
    underWay.delete(from)
    const results = batch.map((_, index) => verdicts[index % verdicts.length]!)
    const retryAt = clock.utcMs()! + HOUR_MS
    if (from === 'due') outbox.settleDue('sink', batch, results, 'because', retryAt)
    else outbox.settle('sink', batch, results, 'because', retryAt)
    for (const [index, { seq }] of batch.entries()) {
      if (results[index] === 'accepted') accepted.add(seq)
      if (results[index] === 'accepted' && !overtaken) acceptedForGood.add(seq)
      if (results[index] === 'refused' && !overtaken) refused.add(seq)
    }
  }
  const split = (sinceUtcMs: number): void => {
    const before = outbox.state('sink').backlog
    outbox.split('sink', sinceUtcMs)
    const grew = before > 0 && outbox.state('sink').backlog > before
    // Only where it made the backlog longer may a batch under way have to be sent again.
    const live = underWay.get('live')
    if (live && grew) live.overtaken = true
  }
  const run = (step: Step): void => {
    switch (step.do) {
      case 'add':
        for (let n = 0; n < step.count; n++) outbox.add(reading(`n${stored++}`))
        outbox.flush()
        break
      case 'wait':
        clock.advance(step.hours * HOUR_MS)
        break
      case 'take':
        underWay.set(step.source, { batch: look(step.source, step.limit), overtaken: false })
        break
      case 'settle':
        settle(step.source, step.verdicts)
        break
      case 'split':
        split(clock.utcMs()! - step.hours * HOUR_MS)
    }
  }
  return {
    outbox,
    clock,
    run,
    look,
    settle,
    accepted,
    acceptedForGood,
    refused,
    underWay,
    all: () => Array.from({ length: stored }, (_, n) => n + 1),
  }
}

/** What holds at every moment: no message is in two places, each place is in order, and the sizes are what is there. */
const check = ({ outbox, look, acceptedForGood, all }: ReturnType<typeof createSink>): void => {
  const lanes = LANES.map((lane) => look(lane, 1000).map(({ seq }) => seq))
  const held = outbox.due('sink', Number.MAX_SAFE_INTEGER, 1000).map(({ seq }) => seq)
  const everywhere = [...lanes, held].flat()
  const state = outbox.state('sink')
  expect({
    twice: everywhere.length - new Set(everywhere).size,
    inOrder: lanes.every((lane) => lane.every((seq, index) => index === 0 || seq > lane[index - 1]!)),
    sizes: [state.live, state.backlog, state.held],
    tooMany: Math.max(0, everywhere.length + state.refused + acceptedForGood.size - all().length),
  }).toEqual({ twice: 0, inOrder: true, sizes: [...lanes, held].map((seqs) => seqs.length), tooMany: 0 })
}

test('whatever happens, nothing is lost and nothing accepted is sent again', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const sink = createSink()
      for (const step of steps) {
        sink.run(step)
        check(sink)
      }
      sink.clock.advance(2 * HOUR_MS)
      for (const from of ['live', 'backlog', 'due'] as const) {
        sink.run({ do: 'take', source: from, limit: 1000 })
        sink.settle(from, ['accepted'])
      }
      expect(sink.outbox.state('sink')).toMatchObject({ live: 0, backlog: 0, held: 0 })
      const lost = sink.all().filter((seq) => !sink.accepted.has(seq) && !sink.refused.has(seq))
      expect(lost).toEqual([])
    }),
    { numRuns: 150 },
  )
})
