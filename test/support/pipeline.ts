import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type ManualClock, manualClock, now } from '../../src/clock.ts'
import { registryWith } from '../../src/decoders/index.ts'
import type { Observation } from '../../src/decoders/observation.ts'
import type { EventFacts, EventName } from '../../src/events.ts'
import type { Log } from '../../src/log.ts'
import { learnedFormats } from '../../src/memory/formats.ts'
import { fragmentedMessages } from '../../src/memory/fragments.ts'
import type { Marks } from '../../src/memory/marks.ts'
import { recentTelegrams } from '../../src/memory/recent.ts'
import { registeredMeters } from '../../src/memory/registered.ts'
import { type Unlisted, unlistedMeters } from '../../src/memory/unlisted.ts'
import type { Outcome } from '../../src/outcome.ts'
import { type Pipeline, type PipelineOptions, pipeline } from '../../src/pipeline.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import type { CrcLayout, Telegram } from '../../src/wmbus/telegram.ts'

export const WINDOW_MS = 30_000
export const NOON = Date.UTC(2026, 10, 23, 12)

/** Every key is believed and no past is remembered: for what has nothing to do with trust. */
const TRUSTING: Marks = {
  of: (_, keyCheck) => ({ keyCheck, confirmed: true, fitting: 2, glimpse: null, newest: null, restart: null }),
  put() {},
  forget() {},
  save() {},
}

/** A pipeline over a real store, and what it gave away. */
export interface Rig {
  readonly store: Store
  readonly clock: ManualClock
  readonly unlisted: Unlisted
  readonly offered: Observation[]
  /** Everything that was said to the log. */
  readonly said: string[]
  /** Every event. */
  readonly told: ({ readonly event: EventName } & EventFacts)[]
  readonly pipeline: Pipeline
  /** These bytes, now. */
  hear(bytes: Uint8Array, crc?: CrcLayout, more?: Partial<Telegram>): Outcome
  close(): void
}

export function rig(options: Partial<PipelineOptions> = {}): Rig {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-pipeline-'))
  const clock = manualClock(NOON)
  const store = openStore({ directory, kek: new Uint8Array(32).fill(7), clock })
  const unlisted = unlistedMeters(24 * 3_600_000, 100)
  const offered: Observation[] = []
  const said: string[] = []
  const told: Rig['told'] = []
  const say = (fields: object, msg: string): void => void said.push(inspect({ ...fields, msg }))
  const log: Log = { debug: say, info: say, warn: say, error: say }
  const built = pipeline({
    meters: registeredMeters(store.meters, log),
    registry: registryWith([]),
    recent: recentTelegrams(WINDOW_MS, 1000),
    fragments: fragmentedMessages(60_000, 100),
    formats: learnedFormats(store.memory),
    marks: TRUSTING,
    unlisted,
    policy: { plain: 'refuse' },
    observers: [],
    log,
    tell: (event, facts) => void told.push({ event, ...facts }),
    offer: (observation) => void offered.push(observation),
    ...options,
  })
  return {
    store,
    clock,
    unlisted,
    offered,
    said,
    told,
    pipeline: built,
    hear: (bytes, crc = 'stripped', more = {}) =>
      built.receive({ bytes, crc, heard: now(clock), receiver: 'roof', rssi: -80, mode: 'c1', ...more }),
    close() {
      store.close()
      rmSync(directory, { recursive: true })
    },
  }
}
