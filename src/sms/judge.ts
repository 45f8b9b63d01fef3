/** From a message to an observation: who sent it, what it says, whose it is, and of when. Nothing is guessed. */
import type { Observation } from '../decoders/observation.ts'
import type { Heard } from '../wmbus/telegram.ts'
import { otherAnswer, readKamstrup } from './formats/kamstrup.ts'
import { type FrameParts, framed, frameIn, readFrame } from './formats/mbus.ts'
import { hasRegister, type SmsReading } from './formats/reading.ts'
import { readTemplate, type Template } from './formats/template.ts'
import type { SmsMessage } from './message.ts'
import { textOf } from './pdu/user-data.ts'
import type { Senders } from './senders.ts'
import type { Judged } from './verdict.ts'

/** Why a message is no reading; beside these, the faults of PDUs, parts and frames. */
export const SMS_REASONS = {
  'sms.sender': 'its sender is not on the list: varmesky sms quarantine accept takes it all the same',
  'sms.bound': 'its sender is on the list, but not for this meter',
  'sms.unread': 'no format reads it; a message of the network, or of a kind to be described under sms.formats',
  'sms.unlisted': 'it is of a meter that is not registered, or its number is that of several',
  'sms.replaced': 'its meter was replaced: take its line out of the list of senders, or end it with varmesky sms supersede',
  'sms.ended': 'the way of its meter by SMS has ended (varmesky sms supersede)',
  'sms.meter-differs': 'the text names one meter, and the frame in it is of another',
  'sms.no-value': 'it holds no register of a meter',
  'sms.no-time': 'neither it nor the network says of when it is',
  'sms.future': 'it says that it is of later than the network had it',
  'sms.no-answer': 'the module says that its meter does not answer it',
  'sms.parts-late': 'a part of it did not come in time',
  'sms.parts-displaced': 'parts of it were missing when another one came under its number',
  'sms.parts-full': 'parts of it were missing when too many others came',
  'sms.internal': 'it met a bug, which is in the log',
} as const

export interface JudgeParts extends FrameParts {
  /** Read anew by their owner where they change. */
  senders(): Senders
  /** Why messages of this meter count no more; null where they do. */
  endOf(meter: string): 'sms.ended' | 'sms.replaced' | null
  readonly templates: readonly Template[]
  /** What `heard` is by this machine: boot and monotonic time. */
  now(): Heard
  /** Local time as an instant; the latest not after `notAfterMs` where the hour comes twice. Null where the zone knows no such time. */
  instantOf(local: string, zone: string | null, notAfterMs: number): number | null
}

/** Clocks of meters and networks differ a little. */
const AHEAD_MS = 15 * 60_000

type Read = { readonly reading: SmsReading; readonly zone: string | null; readonly frame: Uint8Array | null }

/** The first format that reads the text, in this order: Kamstrup's, then those of the configuration. */
function readText(text: string, templates: readonly Template[]): Read | null {
  const answer = readKamstrup(text)
  if (answer) return { reading: answer, zone: null, frame: null }
  for (const template of templates) {
    const reading = readTemplate(template, text)
    if (reading) return { reading, zone: template.zone ?? null, frame: reading.raw === null ? null : framed(reading.raw) }
  }
  return null
}

export const judgeWith =
  (parts: JudgeParts) =>
  (message: SmsMessage, trusted: boolean): Judged => {
    const bound = parts.senders().get(message.from)
    if (bound === undefined && !trusted) return { reason: 'sms.sender' }
    const text = textOf(message.alphabet, message.content)
    const bytes = frameIn(text, message.content)
    const read = bytes === null && text !== null ? readText(text, parts.templates) : null
    if (bytes === null && read === null) return { reason: (text !== null && otherAnswer(text)) || 'sms.unread' }
    const moment = momentOf(message, read, parts)
    if ('reason' in moment) return moment
    const heard = { ...parts.now(), utcMs: moment.utcMs }
    const frame = bytes ?? read?.frame ?? null
    const said = frame === null ? observationOf(read!.reading, bound, heard, parts) : readFrame(frame, heard, parts)
    if ('reason' in said) return said
    const named = read?.reading.meter ?? null
    if (frame !== null && named !== null && parts.find(named)?.meter !== said.meter) return { reason: 'sms.meter-differs' }
    if (!trusted && !isBound(bound!, said.meter, parts)) return { reason: 'sms.bound' }
    const end = parts.endOf(said.meter)
    if (end === 'sms.replaced' || (end !== null && !trusted)) return { reason: end }
    return hasRegister(said.measurements) ? { observation: { ...said, clock: moment.clock } } : { reason: 'sms.no-value' }
  }

/** The list may have a meter by another of its names: the number of the module, once a radio meter has it as an alias. */
const isBound = (bound: ReadonlySet<string>, meter: string, { find }: JudgeParts): boolean =>
  bound.has(meter) || [...bound].some((name) => find(name)?.meter === meter)

/** The message's own time, else the network's. */
function momentOf(
  { at }: SmsMessage,
  read: Read | null,
  { instantOf }: JudgeParts,
): { readonly utcMs: number; readonly clock: 'meter' | 'network' } | { readonly reason: string } {
  const networkMs = at === null ? null : Date.parse(at)
  const own = read?.reading.time ?? null
  if (own === null) return networkMs === null ? { reason: 'sms.no-time' } : { utcMs: networkMs, clock: 'network' }
  const latest = networkMs === null ? Number.POSITIVE_INFINITY : networkMs + AHEAD_MS
  const utcMs = /(?:Z|[+-]\d\d:\d\d)$/.test(own) ? Date.parse(own) : instantOf(own, read!.zone, latest)
  if (utcMs === null || Number.isNaN(utcMs)) return { reason: 'sms.no-time' }
  return utcMs > latest ? { reason: 'sms.future' } : { utcMs, clock: 'meter' }
}

function observationOf(
  reading: SmsReading,
  bound: ReadonlySet<string> | undefined,
  heard: Heard,
  { find }: JudgeParts,
): Observation | { readonly reason: string } {
  // A message that names no meter is that of its sender's only one.
  const name = reading.meter ?? (bound?.size === 1 ? [...bound][0]! : null)
  const known = name === null ? null : find(name)
  if (known === null) return { reason: 'sms.unlisted' }
  return {
    meter: known.meter,
    version: null,
    deviceType: reading.deviceType,
    heard,
    path: 'sms',
    decoder: reading.decoder,
    measurements: reading.measurements,
    status: reading.info === null ? null : { code: reading.info, conditions: [] },
    meterTime: null,
    encryption: 'none',
    integrity: 'none',
  }
}
