/** What meters report of themselves: told when it changes, by its names, without a value. */
import type { Tell } from '../events.ts'
import type { Log } from '../log.ts'
import type { Observer } from '../outcome.ts'
import type { Memory } from '../store/store.ts'

const KIND = 'conditions'

export interface Conditions extends Observer {
  forget(meter: string): void
}

export function watchConditions(memory: Memory, tell: Tell, log: Log): Conditions {
  /** Meters that report anything, as last told: it outlives a restart, so that nothing is told twice. */
  const told = new Map(memory.load(KIND))
  const keep = (meter: string, text: string | null): void => {
    if (text === null) told.delete(meter)
    else told.set(meter, text)
    try {
      memory.save(KIND, new Map([[meter, text]]))
    } catch (err) {
      log.warn({ err }, 'what meters report could not be written: after a restart it may be told again')
    }
  }
  return {
    outcome({ kind, observation }) {
      const status = observation?.status
      if (kind !== 'observation' || !status) return
      const { meter } = observation
      const text = [...status.conditions].sort().join('; ')
      if (text === (told.get(meter) ?? '')) return
      keep(meter, text === '' ? null : text)
      if (text === '') tell('meter.well', { meter })
      else tell('meter.condition', { meter, conditions: text })
    },
    forget(meter) {
      if (told.has(meter)) keep(meter, null)
    },
  }
}
