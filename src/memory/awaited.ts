import type { Observer, Outcome } from '../outcome.ts'
import { decimal } from '../wmbus/decimal.ts'
import { KEY_FAULTS } from '../wmbus/fault.ts'
import { type HeardBy, renewed } from './recent.ts'

/** Whether a meter's key opens its telegrams; null while none of them told. */
export type KeyFits = 'fits' | 'fits so far' | 'does not fit' | 'is missing' | 'is not needed' | null

/** One meter that somebody stands at and waits for, since he began to wait. */
export interface Awaited {
  readonly meter: string
  /** Each counted once, whoever heard it. */
  readonly telegrams: number
  readonly receivers: readonly HeardBy[]
  /** By the monotonic clock. */
  readonly lastMs: number | null
  readonly key: KeyFits
  /** Why the last telegram did not count: `layer.reason`, or the policy's word; null where it did, or nothing was heard. */
  readonly reason: string | null
  /** What the meter said at the first telegram that counted. */
  readonly observation: { readonly atMs: number; readonly values: readonly { name: string; value: string; unit: string }[] } | null
}

/** What is heard of meters that are waited for: in RAM, a few at a time, for as long as somebody asks. */
export interface AwaitedMeters extends Observer {
  /** The state of one wait; begins with the first question. */
  ask(wait: string, meter: string, nowMs: number): Awaited
}

const MOST = 16
const KEPT_MS = 60_000

export function awaitedMeters(): AwaitedMeters {
  const waits = new Map<string, { state: Awaited; askedMs: number }>()
  return {
    outcome(outcome) {
      for (const wait of waits.values()) if (wait.state.meter === outcome.meter) wait.state = withOutcome(wait.state, outcome)
    },
    ask(wait, meter, nowMs) {
      for (const [name, { askedMs }] of waits) if (nowMs - askedMs > KEPT_MS) waits.delete(name)
      const known = waits.get(wait) ?? { state: { ...NOTHING, meter }, askedMs: nowMs }
      waits.delete(wait)
      waits.set(wait, { ...known, askedMs: nowMs })
      // Whoever asked least lately gives way.
      if (waits.size > MOST) waits.delete(waits.keys().next().value!)
      return known.state
    },
  }
}

const NOTHING: Omit<Awaited, 'meter'> = { telegrams: 0, receivers: [], lastMs: null, key: null, reason: null, observation: null }

function withOutcome(state: Awaited, outcome: Outcome): Awaited {
  const { kind, reason, telegram, hearing } = outcome
  const receivers = renewed(state.receivers, hearing?.by ?? [])
  if (kind === 'duplicate') return { ...state, receivers }
  return {
    ...state,
    receivers,
    telegrams: state.telegrams + 1,
    lastMs: telegram.heard.monotonicMs,
    key: keyFits(outcome) ?? state.key,
    reason,
    observation: state.observation ?? observed(outcome),
  }
}

const CLOSED = { 'wrong-key': 'does not fit', 'no-key': 'is missing' } as const

function keyFits({ kind, reason, datagram }: Outcome): KeyFits {
  const closed = KEY_FAULTS[reason ?? '']
  if (closed !== undefined) return CLOSED[closed]
  if (reason === 'policy.unconfirmed') return 'fits so far'
  if (kind !== 'observation') return null
  return datagram?.encryption === 'none' ? 'is not needed' : 'fits'
}

function observed({ observation, telegram }: Outcome): Awaited['observation'] {
  if (observation === null) return null
  const values = observation.measurements
    .filter(({ kind }) => kind !== 'historic')
    .map(({ name, raw, exponent, unit }) => ({ name, value: decimal(raw, exponent), unit }))
  return { atMs: telegram.heard.monotonicMs, values }
}
