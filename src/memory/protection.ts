import type { Observer, Outcome } from '../outcome.ts'
import { KEY_FAULTS } from '../wmbus/fault.ts'

/**
 * What a telegram of a registered meter tells of its protection: its key opened it, its key did not, there was no key to open it
 * with, or it was not encrypted.
 */
export const FINDINGS = ['opened', 'wrong-key', 'no-key', 'plain'] as const
export type Finding = (typeof FINDINGS)[number]

/** When each was found last, by the monotonic clock; what is left out was not found since the start. */
export type Findings = Readonly<Partial<Record<Finding, number>>>

/** One entry per registered meter that was heard, in RAM only. */
export interface Protection extends Observer {
  readonly meters: ReadonlyMap<string, Findings>
  forget(meter: string): void
}

/** Null where it tells nothing: damaged, or a header without data. */
function findingOf({ kind, reason, datagram }: Outcome): Finding | null {
  if (kind === 'fault') return KEY_FAULTS[reason ?? ''] ?? null
  if (datagram === null || (kind !== 'observation' && kind !== 'refused')) return null
  if (datagram.encryption !== 'none') return 'opened'
  return datagram.records.length > 0 ? 'plain' : null
}

/** @param most entries; a meter beyond them is not remembered */
export function protection(most: number): Protection {
  const meters = new Map<string, Findings>()
  return {
    meters,
    outcome(outcome) {
      const { kind, meter, telegram } = outcome
      const finding = kind === 'unlisted' || meter === null ? null : findingOf(outcome)
      if (finding === null || meter === null) return
      const before = meters.get(meter)
      if (before || meters.size < most) meters.set(meter, { ...before, [finding]: telegram.heard.monotonicMs })
    },
    forget: (meter) => void meters.delete(meter),
  }
}

/** Whether a meter's telegrams stay closed now: nothing was opened since one was not. */
export function closedBy({ opened = -1, 'wrong-key': wrong = -1, 'no-key': none = -1 }: Findings): 'wrong-key' | 'no-key' | null {
  const last = Math.max(wrong, none)
  if (last < 0 || opened > last) return null
  return wrong > none ? 'wrong-key' : 'no-key'
}
