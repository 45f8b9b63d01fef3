import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import type { GatewayStatus } from '../../src/control/status.ts'
import { watchVitals } from '../../src/daemon/vitals.ts'
import type { ReceiverState } from '../../src/receivers/receiver.ts'
import { QUIET } from '../cli/quiet-status.ts'

const RECEIVER = {
  ...{ name: 'mast', use: 'lines', at: 'tcp:1', trouble: null, telegrams: 0, bytes: 0, skipped: 0, badChecksums: 0 },
  ...{ reopened: 0, lastTelegramMs: null },
}

/** What is said of the same status, looked at every 20 s for so many minutes. */
const after = (minutes: number, at: (second: number) => Partial<GatewayStatus>): string | null => {
  const clock = manualClock(null)
  const vitals = watchVitals(clock)
  let said: string | null = null
  for (let second = 0; second <= minutes * 60; second += 20) {
    said = vitals({ ...QUIET, ...at(second) })
    clock.advance(20_000)
  }
  return said
}
const waiting = (n: number, state: GatewayStatus['store']['state'] = 'ok') => ({ store: { ...QUIET.store, waiting: n, state } })
const receiver = (state: ReceiverState, reopened = 0) => ({ receivers: [{ ...RECEIVER, state, reopened }] })

test('a store that does not commit what waits is dead; one that commits, is idle or fights with its disk is not', () => {
  expect(after(4, () => waiting(3))).toBeNull()
  expect(after(7, () => waiting(3))).toMatch(/3 messages wait for a commit/)
  expect(after(60, (second) => waiting(second % 60))).toBeNull()
  expect(after(60, () => waiting(0))).toBeNull()
  expect(after(60, () => waiting(500, 'full'))).toBeNull()
})

test('a receiver that hangs between closed and open is dead; one that waits, hears nothing or has ended is not', () => {
  expect(after(9, () => receiver('opening'))).toBeNull()
  expect(after(12, () => receiver('opening'))).toMatch(/mast is opening and does not move/)
  expect(after(12, () => receiver('closed'))).toMatch(/mast is closed/)
  for (const state of ['receiving', 'waiting', 'silent', 'ended'] as const) expect(after(60, () => receiver(state))).toBeNull()
  expect(after(60, (second) => receiver(second % 120 < 60 ? 'opening' : 'waiting'))).toBeNull()
})
