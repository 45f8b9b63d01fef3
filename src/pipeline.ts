import { decoderFor, type Registry } from './decoders/index.ts'
import { observe } from './decoders/interpret.ts'
import type { Observation } from './decoders/observation.ts'
import type { EventName, Tell } from './events.ts'
import { identify } from './identity.ts'
import type { Log } from './log.ts'
import type { Formats } from './memory/formats.ts'
import type { Fragments } from './memory/fragments.ts'
import type { Marks } from './memory/marks.ts'
import type { Hearing, Recent } from './memory/recent.ts'
import type { Registered, RegisteredMeters } from './memory/registered.ts'
import type { Unlisted } from './memory/unlisted.ts'
import { type Observer, OUTCOMES, type Outcome, type OutcomeKind } from './outcome.ts'
import { type PolicyOptions, type Refusal, refusalOf } from './policy.ts'
import { judge } from './trust.ts'
import { meterName } from './wmbus/address.ts'
import type { Datagram } from './wmbus/datagram.ts'
import { address, frame, open, reassembled } from './wmbus/decode.ts'
import { type Fault, KEY_FAULTS } from './wmbus/fault.ts'
import type { Telegram } from './wmbus/telegram.ts'
import { hexOf } from './wmbus/value.ts'

export interface PipelineOptions {
  readonly meters: RegisteredMeters
  /** Meter types: who claims an address says what its telegrams mean. */
  readonly registry: Registry
  readonly recent: Recent
  readonly fragments: Fragments
  readonly formats: Formats
  readonly marks: Marks
  /** Null where addresses of meters that are not registered are counted only. */
  readonly unlisted: Unlisted | null
  readonly policy: PolicyOptions
  readonly observers: readonly Observer[]
  readonly log: Log
  readonly tell: Tell
  /** Takes what was observed; a second hearing of the same telegram is offered again with its own time. */
  offer(observation: Observation): void
}

export interface PipelineState {
  readonly received: number
  readonly outcomes: Readonly<Record<OutcomeKind, number>>
  /** Faults and refusals by name. */
  readonly reasons: Readonly<Record<string, number>>
}

export interface Pipeline {
  /** One telegram, one outcome. Never throws. */
  receive(telegram: Telegram): Outcome
  state(): PipelineState
}

/** What is known of a telegram while it is on its way. */
interface Passage {
  readonly telegram: Telegram
  datagram: Datagram | null
  hearing: Hearing | null
  meter: string | null
}

const outcome = (p: Passage, kind: OutcomeKind, reason: string | null, observation: Observation | null = null): Outcome => ({
  kind,
  telegram: p.telegram,
  datagram: p.datagram,
  hearing: p.hearing,
  meter: p.meter,
  reason,
  observation,
})

/** One telegram → one outcome, counted in one place: received = Σ outcomes. */
export function pipeline(options: PipelineOptions): Pipeline {
  const outcomes = Object.fromEntries(OUTCOMES.map((kind) => [kind, 0])) as Record<OutcomeKind, number>
  const reasons: Record<string, number> = {}
  let received = 0

  return {
    receive(telegram) {
      received++
      const passage: Passage = { telegram, datagram: null, hearing: null, meter: null }
      const result = guarded(options, passage)
      outcomes[result.kind]++
      if (result.reason !== null) reasons[result.reason] = (reasons[result.reason] ?? 0) + 1
      for (const observer of options.observers) show(options, observer, result)
      return result
    },
    state: () => ({ received, outcomes: { ...outcomes }, reasons: { ...reasons } }),
  }
}

/** The one `try` around a telegram: an exception is a bug. The telegram is kept in the log for replay, and the daemon goes on. */
function guarded(options: PipelineOptions, passage: Passage): Outcome {
  try {
    return pass(options, passage)
  } catch (err) {
    const { bytes, crc } = passage.telegram
    options.log.error({ err, crc, telegram: hexOf(bytes) }, 'a telegram met a bug: please report it with this line')
    return outcome(passage, 'internal', null)
  }
}

/** Observers only look on: one that breaks costs nobody a reading. */
function show({ log }: PipelineOptions, observer: Observer, result: Outcome): void {
  try {
    observer.outcome?.(result)
  } catch (err) {
    log.error({ err }, 'an observer of telegrams met a bug: please report it')
  }
}

function pass(options: PipelineOptions, p: Passage): Outcome {
  const { telegram } = p
  const d = frame(telegram.bytes, telegram.crc)
  p.datagram = d
  if (d.fault !== null) return outcome(p, 'fault', d.fault)
  const hearing = options.recent.hear(d, telegram)
  p.hearing = hearing
  if (hearing.times > 1) return duplicate(options, p, hearing)
  address(d)
  const whose = identify(d)
  if (whose === null) return outcome(p, 'fault', d.fault ?? 'frame.wired')
  p.meter = hearing.meter = meterName(whose)
  const registered = options.meters.find(whose)
  if (!registered) {
    options.unlisted?.note(p.meter, telegram.heard)
    return outcome(p, 'unlisted', null)
  }
  const whole = opened(options, d, registered, telegram)
  if (whole === null) return outcome(p, 'incomplete', 'afl.fragment')
  p.datagram = whole
  if (whole.fault !== null) return faulty(options, p, whole.fault)
  const type = decoderFor(whose, options.registry)
  const refusal = refusalOf(whole, registered, options.policy, type.decoder.mac)
  if (refusal !== null) return refused(options, p, refusal)
  // With a key, records that anyone could have appended behind the encrypted part fill nothing.
  const protectedOnly = registered.keyCheck !== null && whole.encryption !== 'none'
  const named = observe(type, whole, registered.meter, whose, telegram.heard, protectedOnly)
  // A copy: a receiver's buffer goes on to other telegrams.
  const observation = named && whole === d ? { ...named, telegram: { bytes: telegram.bytes.slice(), crc: telegram.crc } } : named
  const distrust = observation && protectedOnly ? distrustOf(options, whole, observation, registered) : null
  if (distrust !== null) return refused(options, p, distrust)
  learn(options, whole, registered)
  if (observation === null) return outcome(p, 'incomplete', null)
  hearing.observation = observation
  options.offer(observation)
  return outcome(p, 'observation', null, observation)
}

/** What a refusal tells the owner; an unconfirmed key confirms itself, and tells nothing. */
const REFUSAL_EVENTS: Readonly<Partial<Record<Refusal, EventName>>> = {
  'policy.plain': 'meter.downgrade',
  'policy.mac': 'meter.mac',
  'policy.replay': 'meter.replay',
}

function refused({ tell }: PipelineOptions, p: Passage, refusal: Refusal): Outcome {
  const event = REFUSAL_EVENTS[refusal]
  if (event && p.meter !== null) tell(event, { meter: p.meter })
  return outcome(p, 'refused', refusal)
}

function faulty({ tell }: PipelineOptions, p: Passage, fault: Fault): Outcome {
  if (KEY_FAULTS[fault] === 'wrong-key' && p.meter !== null) tell('meter.key-wrong', { meter: p.meter })
  return outcome(p, 'fault', fault)
}

/** Holds the observation against the meter's past, and remembers it. */
function distrustOf(
  { marks, tell }: PipelineOptions,
  d: Datagram,
  observation: Observation,
  { meter, keyCheck }: Registered,
): Refusal | null {
  const { refusal, restarted, mark } = judge(marks.of(meter, keyCheck), d, observation)
  marks.put(meter, mark)
  if (restarted) tell('meter.restarted', { meter })
  return refusal
}

/** Opens the datagram, or the message it is the last fragment of; null while fragments are missing. */
function opened({ fragments, formats }: PipelineOptions, d: Datagram, { key }: Registered, { heard }: Telegram): Datagram | null {
  open(d, key, formats.formatOf)
  if (d.fault !== 'afl.fragment') return d
  const message = fragments.add(d, heard)
  return message && open(reassembled(d, message), key, formats.formatOf)
}

/** Full frames tell what compact ones leave out; only those that count for their meter are believed. */
function learn({ formats, marks, tell }: PipelineOptions, d: Datagram, { meter, keyCheck }: Registered): void {
  if (keyCheck !== null && (d.encryption === 'none' || !marks.of(meter, keyCheck).confirmed)) return
  const lesson = formats.learn(d)
  if (lesson?.learning === 'learned') formats.save()
  if (lesson?.learning === 'conflict') tell('format.conflict', { meter, signature: lesson.signature })
}

/** Heard by a second receiver, or repeated: decoded once, but its own time may be nearer to the day's end. */
function duplicate(options: PipelineOptions, p: Passage, earlier: Hearing): Outcome {
  const { observation, meter } = earlier
  p.meter = meter
  if (observation) options.offer({ ...observation, heard: p.telegram.heard })
  return outcome(p, 'duplicate', null)
}
