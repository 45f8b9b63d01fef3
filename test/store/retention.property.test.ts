import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { PurgePlace } from '../../src/store/retention/retention.ts'
import { NOON, reading, temporaryDirectory } from './state.ts'

const DAY_MS = 86_400_000
const LEAST_DAYS = 14
const CITY = ['mqtt', 'csv'] as const

/** Small numbers as often as any: what matters happens near the 14 days, or near an age. */
const days = (max: number) => fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max }))

/** One message, and what becomes of it at each sink; `receiptAfter`: days until the receipt, null: it never comes. */
const message = fc.record({
  kind: fc.constantFrom('reading.daily', 'reading.daily', 'reading.daily', 'event', 'day'),
  afterDays: fc.oneof(fc.constant(0), fc.nat(40)),
  isDated: fc.boolean(),
  verdicts: fc.record({ mqtt: fc.constantFrom('accepted', 'held', 'refused'), csv: fc.constantFrom('accepted', 'refused') }),
  receiptAfter: fc.option(days(60)),
})
const scene = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 24 }),
  /** So many of them each sink has had its turn at. */
  had: fc.record({ mqtt: fc.nat(24), csv: fc.nat(24) }),
  configured: fc.subarray([...CITY]),
  receipts: fc.boolean(),
  keep: fc.record({ confirmed: days(120), unconfirmed: days(500) }),
  purgeAfterDays: days(900),
})
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

/** Stores the messages as the daemon would, each at its time; returns what a bystander knows of each. */
const live = ({ messages, had, configured, receipts }: Scene) => {
  const clock = manualClock(NOON)
  const store = openStore({ directory: temporaryDirectory(), kek: null, clock })
  if (receipts) store.outbox.expectReceipts(['mqtt'])
  let atMs = NOON
  const known = messages.map(({ kind, afterDays, isDated, verdicts, receiptAfter }, n) => {
    atMs += afterDays * DAY_MS
    clock.setUtc(isDated ? atMs : null)
    const meter = `KAM-${String(n).padStart(8, '0')}`
    store.outbox.add({ ...reading('r', { meter }), kind })
    store.outbox.flush()
    return { id: `${meter}/2026-11-22/r`, n, isReading: kind === 'reading.daily', storedMs: atMs, verdicts, receiptAfter }
  })
  clock.setUtc(atMs)
  for (const sink of CITY) {
    const batch = store.outbox.pending(sink, 'live', had[sink])
    const verdicts = batch.map(({ seq }) => known[seq - 1]!.verdicts[sink])
    if (batch.length > 0) store.outbox.settle(sink, batch, verdicts, null, Number.MAX_SAFE_INTEGER)
  }
  const lived = known.map((one) => {
    const accepted = (sink: (typeof CITY)[number]): boolean => one.n < had[sink] && one.verdicts[sink] === 'accepted'
    const isConfirmed = receipts && one.isReading && one.receiptAfter !== null && accepted('mqtt')
    const confirmedMs = isConfirmed ? atMs + one.receiptAfter! * DAY_MS : null
    clock.setUtc(confirmedMs)
    if (isConfirmed) store.outbox.confirmIds('mqtt', [one.id])
    const everyone = configured.length > 0 && configured.every(accepted)
    const awaited = receipts && configured.includes('mqtt') && one.isReading && accepted('mqtt') && !isConfirmed
    return { ...one, confirmedMs: configured.includes('mqtt') ? confirmedMs : null, isDone: everyone && !awaited }
  })
  return { store, lived }
}

test('nothing goes before its age, nothing below 14 days, and everything that is over it goes', () => {
  fc.assert(
    fc.property(scene, (scene) => {
      const { store, lived } = live(scene)
      const { configured, receipts, keep, purgeAfterDays } = scene
      const date = NOON + purgeAfterDays * DAY_MS
      const ages = {
        confirmed: keep.confirmed * DAY_MS,
        unconfirmed: keep.unconfirmed * DAY_MS,
        telegrams: DAY_MS,
        sms: DAY_MS,
        salvaged: DAY_MS,
      }
      const rule = {
        sinks: configured,
        receipts: receipts ? ['mqtt'].filter((sink) => configured.includes(sink as 'mqtt')) : [],
        keep: ages,
      }
      const sum: Record<string, number> = {}
      for (let place: PurgePlace | null = 1; place !== null; ) {
        const did = store.retention.step(place, date, rule, false)
        for (const [kind, n] of Object.entries(did.removed)) sum[kind] = (sum[kind] ?? 0) + n
        place = did.next
      }
      // The dates that the store can know: an undated row is as old as the next dated one, and stays where there is none.
      const datedMs = lived.map((_, n) => lived.slice(n).find((_later, k) => scene.messages[n + k]!.isDated)?.storedMs ?? null)
      const left = new Set(store.outbox.pending('onlooker', 'live', 100).map(({ id }) => id))
      let lost = 0
      for (const [n, one] of lived.entries()) {
        const storedMs = datedMs[n] ?? null
        const ageDays = storedMs === null ? 0 : (date - storedMs) / DAY_MS
        const confirmedDays = one.confirmedMs === null || storedMs === null ? null : (date - Math.max(one.confirmedMs, storedMs)) / DAY_MS
        const isByReceipt = one.isDone && one.confirmedMs !== null
        const over = isByReceipt
          ? confirmedDays! > Math.max(keep.confirmed, LEAST_DAYS)
          : ageDays > Math.max(keep.unconfirmed, keep.confirmed, LEAST_DAYS)
        const expected = storedMs !== null && over
        if (left.has(one.id) === expected) return false
        if (expected && (date - one.storedMs) / DAY_MS <= LEAST_DAYS) return false
        if (expected && one.isReading && !one.isDone) lost++
      }
      expect([sum['lost'] ?? 0, store.retention.lost().ever]).toEqual([lost, lost])
      store.close()
      return true
    }),
    { numRuns: 150 },
  )
}, 120_000)
