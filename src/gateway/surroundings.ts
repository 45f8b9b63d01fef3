import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Tell } from '../events.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'

/** What every part of the gateway is handed. */
export interface Surroundings {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly store: Store
  readonly tell: Tell
  /** Done when the gateway stops, the last one first. */
  onStop(step: () => void | Promise<void>): void
}
