/** What is known of a modem, through all openings of its port. */
import type { Registration } from './answers.ts'
import type { Tally, Vitals } from './round.ts'

export interface ModemState {
  phase: 'opening' | 'setting up' | 'receiving' | 'waiting' | 'closed'
  trouble: string | null
  readonly vitals: Vitals
  readonly tally: Tally
  openings: number
  resets: number
  reboots: number
  /** One after the other, without a round that went through in between. */
  silences: number
  /** Messages to be sent, in order. */
  readonly outgoing: Outgoing[]
}

export interface Outgoing {
  readonly pdu: string
  readonly length: number
  /** Whether the network took it. One that was not confirmed is not sent again: it may be under way. */
  done(sent: boolean): void
}

export interface ModemHealth extends Readonly<Vitals>, Readonly<Tally> {
  readonly at: string
  readonly state: ModemState['phase']
  /** What keeps it from receiving, in words that say what to try; null where nothing does. */
  readonly trouble: string | null
  /** Since the start: ports opened again, resets asked for, times it began anew by itself. */
  readonly reopened: number
  readonly resets: number
  readonly reboots: number
}

/** A storage this full is told of. */
const FULL = 0.8

export const isAlmostFull = (storage: Vitals['storage']): storage is NonNullable<Vitals['storage']> =>
  storage !== null && storage.used >= FULL * storage.total

/** Why no message can come, though the modem answers (27.007 §7.2). */
const NO_NETWORK: Readonly<Partial<Record<Registration, string>>> = {
  none: 'it is in no network and looks for none: is the SIM active?',
  searching: 'it is looking for a network: is the antenna on?',
  denied: 'the network does not let it in: is the SIM active, and allowed where it is?',
  unknown: 'it does not know whether it is in a network: is the antenna on?',
}
export const networkTrouble = ({ registration }: Pick<Vitals, 'registration'>): string | null =>
  (registration && NO_NETWORK[registration]) ?? null

export const stateAtStart = (): ModemState => ({
  phase: 'closed',
  trouble: null,
  vitals: { signalDbm: null, registration: null, storage: null },
  tally: { listed: 0, deleted: 0, torn: 0 },
  openings: 0,
  resets: 0,
  reboots: 0,
  silences: 0,
  outgoing: [],
})

export const healthOf = (at: string, { phase, trouble, vitals, tally, openings, resets, reboots }: ModemState): ModemHealth => ({
  at,
  state: phase,
  trouble: trouble ?? (phase === 'receiving' ? networkTrouble(vitals) : null),
  ...vitals,
  ...tally,
  reopened: Math.max(0, openings - 1),
  resets,
  reboots,
})
