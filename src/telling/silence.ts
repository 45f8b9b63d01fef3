/** Meters that fall silent, and that come back: told once each. */
import type { Tell } from '../events.ts'
import type { SilentMeter } from '../reports/silent.ts'

/** Looks once: told is what changed since the last look. */
export function watchSilentMeters(look: () => readonly SilentMeter[] | null, tell: Tell): () => void {
  let before: ReadonlySet<string> | null = null
  return () => {
    const silent = look()
    if (silent === null) return
    const now = new Map(silent.map((meter) => [meter.meter, meter]))
    // What was silent before the start was told by whoever ran then.
    if (before !== null) {
      for (const [meter, { reason, receiver, lastHeard, hoursMissed }] of now)
        if (!before.has(meter)) tell('meter.silent', { meter, receiver, likely: reason, lastHeard, hoursMissed })
      for (const meter of before) if (!now.has(meter)) tell('meter.back', { meter })
    }
    before = new Set(now.keys())
  }
}
