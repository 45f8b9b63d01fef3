/**
 * Telegrams under another key than the registered one, through the whole pipeline with what it remembers of its meters. A
 * share is forged to pass what tells a wrong key, as one in 65,536 does by chance: what that check would let through is random.
 */
import { manualClock, now } from '../src/clock.ts'
import type { EventName } from '../src/events.ts'
import { learnedFormats } from '../src/memory/formats.ts'
import { loadMarks } from '../src/memory/marks.ts'
import { NOON, rig } from '../test/support/pipeline.ts'
import { afl, derive, macOf, mode7 } from '../test/support/sessions.ts'
import * as t from '../test/support/telegrams.ts'
import { type Random, randomOf } from './random.ts'

export interface WrongKeys {
  readonly received: number
  readonly observations: number
  /** Telegrams by how they were protected, and how many of each passed the check of the key: forged, or by chance. */
  readonly kinds: ReadonlyMap<string, number>
  /** What became of them: outcome and reason. */
  readonly results: ReadonlyMap<string, number>
  readonly events: ReadonlyMap<EventName, number>
  readonly seconds: number
}

interface Protection {
  readonly name: string
  /** Session keys are slow to make: they come less often. */
  readonly weight: number
  /** Content from its first CI on, of these records under this key. */
  seal(r: Random, s: t.Sender, records: Uint8Array, key: Uint8Array): Uint8Array
}

const session = (r: Random): number => r.below(2 ** 29)

const PROTECTIONS: readonly Protection[] = [
  { name: 'mode 5, short header', weight: 6, seal: (r, s, records, key) => t.shortHeader(s, records, { accessNumber: r.below(256), key }) },
  { name: 'mode 5, long header', weight: 6, seal: (r, s, records, key) => t.longHeader(s, records, { accessNumber: r.below(256), key }) },
  { name: 'ELL-CTR', weight: 6, seal: (r, s, records, key) => t.ellSession(s, t.noHeader(records), { session: session(r), key }) },
  { name: 'mode 7, own counter', weight: 1, seal: (r, s, records, key) => ownCounter(s, records, key, r.below(2 ** 31)) },
  { name: 'mode 7 with a code', weight: 1, seal: (r, s, records, key) => withCode(s, records, key, r.below(2 ** 31)) },
]

const ownCounter = (s: t.Sender, records: Uint8Array, key: Uint8Array, counter: number): Uint8Array =>
  mode7(records, derive(key, 0, counter, s), { counter })

/** Its code is made with the same key as its encryption: a forger who knows neither gets neither right. */
function withCode(s: t.Sender, records: Uint8Array, key: Uint8Array, counter: number): Uint8Array {
  const message = mode7(records, derive(key, 0, counter, s))
  const fields = { control: 0x25, counter }
  return t.join(afl({ ...fields, mac: macOf(fields, message, derive(key, 1, counter, s)).subarray(0, 8) }), message)
}

const DRAWN: readonly Protection[] = PROTECTIONS.flatMap((each) => new Array<Protection>(each.weight).fill(each))

const METERS = 200
/** Every meter is heard every two minutes. */
const STEP_MS = 120_000 / METERS
const FORGED = 0.5

const senderOf = (i: number): t.Sender => ({ manufacturer: 'KAM', id: String(60_000_000 + i), version: 0x34, type: 0x04 })

/** Records as a heat meter sends them: with the right key they would count. */
const honest = (r: Random): Uint8Array =>
  t.join(t.record('0406', t.integer(10_000 + r.below(100), 4)), t.record('0414', t.integer(r.below(100_000), 4)))

/** What a wrong key makes of cipher text: random bytes; as many as real telegrams have. */
const garbage = (r: Random): Uint8Array => r.bytes(14 + 16 * r.below(6))

/** The code does not come out right by forging, however the rest is chosen. */
const spoiltCode = (r: Random, content: Uint8Array): Uint8Array => {
  const copy = content.slice()
  if (copy[0] === 0x90) copy.set(r.bytes(8), 9)
  return copy
}

export function wrongKeys(count: number, seed: number): WrongKeys {
  const r = randomOf(seed)
  const stored = rig()
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => console.error(fields) }
  const clock = manualClock(NOON)
  const events = new Map<EventName, number>()
  const bump = <K>(map: Map<K, number>, name: K): void => void map.set(name, (map.get(name) ?? 0) + 1)
  const gateway = rig({
    marks: loadMarks(stored.store.memory, log),
    formats: learnedFormats(stored.store.memory),
    tell: (event) => bump(events, event),
    log,
  })
  const registered = Array.from({ length: METERS }, () => r.bytes(16))
  const others = Array.from({ length: METERS }, () => r.bytes(16))
  gateway.store.meters.put(registered.map((key, i) => ({ meter: `KAM-${senderOf(i).id}`, key })))
  const kinds = new Map<string, number>()
  const results = new Map<string, number>()
  const start = performance.now()
  for (let n = 0; n < count; n++) {
    const i = n % METERS
    const s = senderOf(i)
    const { name, seal } = r.pick(DRAWN)
    const isForged = r.chance(FORGED)
    const content = isForged ? spoiltCode(r, seal(r, s, garbage(r), registered[i]!)) : seal(r, s, honest(r), others[i]!)
    bump(kinds, `${name}${isForged ? ', forged past the check' : ''}`)
    clock.advance(STEP_MS)
    const { kind, reason } = gateway.hear(t.stripped(s, content), 'stripped', { heard: now(clock) })
    const how = kind === 'observation' ? (isForged ? ', forged past the check' : ', by chance') : ''
    bump(results, reason === null ? `${kind}${how}` : `${kind}: ${reason}`)
  }
  const seconds = (performance.now() - start) / 1000
  const observations = gateway.offered.length
  gateway.close()
  stored.close()
  return { received: count, observations, kinds, results, events, seconds }
}
