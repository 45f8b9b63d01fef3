/** What somebody must be told: stored like a reading, sent like a reading, and said in the log. */
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Draft } from './store/outbox/messages.ts'
import { storms } from './telling/storms.ts'

type Severity = 'info' | 'warning' | 'error'

/** Every event there is: how grave, and one plain sentence that says what it means and what to try. */
export const EVENTS = {
  'meter.restarted': ['warning', 'the meter began to count anew and is believed again'],
  'meter.downgrade': ['warning', 'the meter has a key and sends unencrypted: forged, or it sends both (meters set --plain allowed)'],
  'meter.mac': ['warning', 'the message authentication code of a telegram is wrong: forged, or damaged on the way'],
  'meter.replay': ['warning', 'telegrams older than those heard before: somebody plays a recording, or the meter was restarted'],
  'meter.key-wrong': ['warning', 'the stored key does not open the telegrams of this meter: import the right one'],
  'meter.key-changed': ['info', 'the meter sends with its next key, which took the place of the one before'],
  'meter.silent': ['warning', 'the meter is not heard any more in the hours in which it used to be: "likely" says why'],
  'meter.back': ['info', 'a meter that was silent is heard again'],
  'meter.condition': ['warning', 'the meter reports of itself what "conditions" says'],
  'meter.well': ['info', 'the meter reports nothing more of itself'],
  'format.conflict': ['warning', 'a compact frame format differs from the one known under its signature, and is ignored'],
  'receipt.mismatch': ['warning', 'billing confirmed a day with another digest: the day is sent again'],
  'sink.backlog': ['warning', 'messages wait for an hour and do not get fewer: is the broker there? varmesky sinks list'],
  'sink.back': ['info', 'what waited gets fewer again'],
  'sink.refused': ['warning', 'messages were refused for good: varmesky outbox list'],
  'readings.lost': ['error', 'readings were removed by age before billing confirmed them: is it connected?'],
  'store.trouble': ['error', 'the disk refuses to store: readings wait in memory'],
  'store.recovered': ['info', 'the disk stores again'],
  'store.damaged': ['error', 'the database was damaged: it was set aside, and what can be read of it is taken over'],
  'store.mended': ['error', 'meter keys on the disk were damaged: meters and keys are taken from their second copy'],
  'store.made-room': [
    'warning',
    'the database has reached store.maxSize: the oldest hourly values, or messages that billing has, were removed early',
  ],
  'store.salvaged': ['info', 'what could be read of the damaged database is taken over'],
  'clock.trusted': ['info', 'the time is known from now on'],
  'clock.stepped': ['warning', 'the wall clock stepped'],
  'clock.untrusted': ['warning', 'the wall clock cannot be right, and nothing is stamped with it'],
  'receiver.silent': ['warning', 'a receiver hears nothing for longer than is usual: it is set up, reset and opened anew until it does'],
  'receiver.back': ['info', 'a receiver that was silent hears again'],
  'config.reloaded': ['info', 'the configuration was read again and is in force'],
  'config.refused': [
    'error',
    'the configuration was to be read again, and is not in order: the one before stays in force (varmesky config check)',
  ],
  'daemon.safe-mode': ['error', 'safe mode: the daemon did not live several times in a row, so less of it is started (varmesky doctor)'],
  'daemon.normal': ['info', 'safe mode is over: everything is started again'],
  'sms.modem': ['warning', 'the GSM modem or its network has been away for ten minutes: meters that report by SMS cannot'],
  'sms.storage-full': [
    'warning',
    'the storage for messages is almost full: once it is, they wait in the network and are lost after some days',
  ],
  'sms.quarantine': ['warning', 'messages by SMS wait for a person to decide: varmesky sms quarantine list'],
  'certificate.expires': ['warning', 'a certificate of the line to the broker expires soon: renew it'],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>

export type EventName = keyof typeof EVENTS

/** Facts of an event: numbers, words and meter numbers; never a value of a meter, never a secret. */
export interface EventFacts {
  readonly meter?: string
  readonly receiver?: string
  readonly [fact: string]: string | number | boolean | null | undefined
}

/** The message as it is sent (docs/mqtt). */
export interface EventMessage {
  readonly schema: 'varmesky.event/1'
  /** `skorsten-vest/clock.stepped/2026-11-23T22:00:04.120Z`. */
  readonly id: string
  readonly gateway: string
  readonly event: EventName
  readonly severity: Severity
  /** RFC 3339 UTC; null while the time was not known. */
  readonly at: string | null
  readonly meter?: string
  readonly text: string
  readonly facts: Readonly<Record<string, unknown>>
  /** How many of the same were left out since the last one that was told. */
  readonly suppressed?: number
  /** Of how many meters the same was told at once, beside those that were named; then there is no meter. */
  readonly meters?: number
}

/** Tells an event. Never throws; of the same about the same meter or receiver, one an hour is told and the others are counted. */
export type Tell = (event: EventName, facts?: EventFacts) => void

export interface EventParts {
  readonly clock: Clock
  readonly log: Log
  readonly gateway: string
  emit(draft: Draft): void
  /** Called at the end: what was counted and not told yet is told then. */
  onStop?(end: () => void): void
}

const QUIET_MS = 3_600_000
/** Radio can name any meter: what is remembered of the last hour is bounded, and so is what is stored. */
const MOST_REMEMBERED = 20_000
const MOST_A_DAY = 1_000
const DAY_MS = 86_400_000

interface Told {
  atMs: number
  suppressed: number
}

const LOG_LEVEL = { info: 'info', warning: 'warn', error: 'error' } as const

export function events({ clock, log, gateway, emit, onStop }: EventParts): Tell {
  const told = new Map<string, Told>()
  /** How many of the same were suppressed, or null where this one is, too. */
  const turn = (key: string): number | null => {
    const nowMs = clock.monotonicMs()
    const last = told.get(key)
    if (last !== undefined && nowMs - last.atMs < QUIET_MS) {
      last.suppressed++
      return null
    }
    told.delete(key)
    if (told.size >= MOST_REMEMBERED) told.delete(told.keys().next().value!)
    told.set(key, { atMs: nowMs, suppressed: 0 })
    return last?.suppressed ?? 0
  }
  /** Those about meters that were stored since then. */
  let [sinceMs, stored] = [clock.monotonicMs(), 0]
  const isStored = (meter: string | undefined): boolean => {
    if (meter === undefined) return true
    const nowMs = clock.monotonicMs()
    if (nowMs - sinceMs >= DAY_MS) [sinceMs, stored] = [nowMs, 0]
    return ++stored <= MOST_A_DAY
  }
  const put = (event: EventName, { meter, ...facts }: EventFacts, more: { suppressed?: number; meters?: number }): void => {
    const about = meter ?? facts.receiver ?? facts['sink'] ?? ''
    const [severity, text] = EVENTS[event]
    log[LOG_LEVEL[severity]]({ event, ...(meter && { meter }), ...facts, ...more }, text)
    if (!isStored(meter)) return
    const utcMs = clock.utcMs()
    const at = utcMs === null ? null : new Date(utcMs).toISOString()
    const when = at ?? `${clock.bootId.slice(0, 8)}+${Math.floor(clock.monotonicMs())}`
    const id = `${gateway}/${event}/${when}${about === '' ? '' : `/${about}`}`
    const head = { schema: 'varmesky.event/1', id, gateway, event, severity, at } as const
    const message: EventMessage = { ...head, ...(meter && { meter }), text, facts, ...more }
    emit({ kind: 'event', id, meter: meter ?? null, day: null, precedence: null, body: JSON.stringify(message) })
  }
  const storm = storms<EventName>(clock, (event, meters) => put(event, {}, { meters }))
  onStop?.(storm.end)
  return (event, facts = {}) => {
    const suppressed = turn(`${event} ${facts.meter ?? facts.receiver ?? facts['sink'] ?? ''}`)
    if (suppressed === null) return
    if (facts.meter !== undefined && !storm.passes(event)) return
    put(event, facts, suppressed ? { suppressed } : {})
  }
}
