import type { Observation } from '../../decoders/observation.ts'
import { whenGone } from '../../memory/gone.ts'
import { loadSmsSources, type SmsSources } from '../../memory/sms-sources.ts'
import { dayOf, hourOfWeek } from '../../readings/day.ts'
import type { Hearing } from '../hearing.ts'
import type { Surroundings } from '../surroundings.ts'

/** What a crash may cost: when meters were last heard by either way. */
const WRITTEN_MS = 6 * 3_600_000

/** What is remembered of meters that report by SMS; written from time to time and at stop, forgotten with its meter. */
export function startSources({ config, clock, log, store, onStop }: Surroundings): SmsSources {
  const sources = loadSmsSources(store.memory, log, (utcMs) => hourOfWeek(utcMs, config.timeZone))
  onStop(sources.save)
  onStop(clock.every(WRITTEN_MS, sources.save))
  whenGone(store.meters, sources.forget)
  return sources
}

/** A reading by SMS is a sign of life like a telegram. */
export const heardBySms =
  ({ config, clock }: Surroundings, { heard }: Hearing, sources: SmsSources) =>
  ({ meter, heard: { utcMs } }: Observation): void => {
    if (utcMs === null) return
    heard.add(meter, dayOf(utcMs, config.timeZone))
    // The clock of a network may be wrong: nobody reports from tomorrow.
    sources.reported(meter, Math.min(utcMs, clock.utcMs() ?? utcMs))
  }
