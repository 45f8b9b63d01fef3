/** The next key of a meter: tried once its own key opens nothing any more, and in its place after two telegrams that fit. */
import type { Log } from '../log.ts'
import type { Marks } from '../memory/marks.ts'
import type { Meters } from '../store/store.ts'
import type { Address } from '../wmbus/address.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import { type Candidate, candidateOf, type Try } from './candidate.ts'
import { type Fit, isProven } from './fit.ts'

export interface NextKeysParts {
  readonly meters: Pick<Meters, 'get' | 'nextKeyOf' | 'promote'>
  readonly marks: Marks
  readonly log: Log
  readonly attempt: Try
  /** The meter sends with its next key from now on. */
  promoted(meter: string): void
}

export interface NextKeys {
  has(meter: string): boolean
  try(meter: string, whose: Address, telegram: Telegram): void
  /** Its keys are others now. */
  forget(meter: string): void
}

export function nextKeys({ meters, marks, log, attempt, promoted }: NextKeysParts): NextKeys {
  const known = new Map<string, { readonly candidate: Candidate; readonly fit: Fit | null }>()
  const stored = (meter: string) => {
    try {
      const key = meters.nextKeyOf(meter)
      return key && { candidate: candidateOf(key, ''), fit: null }
    } catch (err) {
      log.error({ err, meter }, 'the next key of this meter cannot be used')
      return null
    }
  }
  return {
    has: (meter) => typeof meters.get(meter)?.nextKeyCheck === 'string',
    try(meter, whose, telegram) {
      const next = known.get(meter) ?? stored(meter)
      if (next === null) return
      const fit = attempt(telegram, whose, next.candidate, next.fit)
      known.set(meter, { ...next, fit })
      if (!fit || !isProven(fit)) return
      meters.promote(meter)
      marks.put(meter, fit.mark)
      promoted(meter)
    },
    forget: (meter) => void known.delete(meter),
  }
}
