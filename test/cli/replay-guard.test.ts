import { expect, test } from 'vitest'
import { hasDelivered } from '../../src/cli/decode/replaying.ts'
import { manualClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'
import { NOON, reading } from '../store/state.ts'
import { trial } from './cli.ts'

const box = trial()
const EVENT: Draft = { kind: 'event', id: 'box/x', meter: null, day: null, precedence: null, body: '{}' }

/** Has the sink take all that is there. */
const deliver = (...drafts: Draft[]): void => {
  const store = openStore({ directory: box.config().stateDirectory, kek: null, clock: manualClock(NOON) })
  for (const draft of drafts) store.outbox.add(draft)
  store.outbox.flush()
  const batch = store.outbox.pending('mqtt', 'live', 10)
  const accepted = batch.map(() => 'accepted' as const)
  store.outbox.settle('mqtt', batch, accepted, null, NOON)
  store.close()
}

test('a replay is kept away from a store that has delivered readings, not from one that told of events', () => {
  expect(hasDelivered(box.config())).toBe(false)
  deliver(EVENT)
  expect(hasDelivered(box.config())).toBe(false)
  deliver(reading('1'))
  expect(hasDelivered(box.config())).toBe(true)
})
