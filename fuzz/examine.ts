import { decodeInput } from '../src/cli/decode/decoded.ts'
import { decoderFor } from '../src/decoders/index.ts'
import { observe } from '../src/decoders/interpret.ts'
import { explain } from '../src/explain/explain.ts'
import { leavesOf } from '../src/explain/tree.ts'
import { identify } from '../src/identity.ts'
import { fragmentedMessages } from '../src/memory/fragments.ts'
import { meterName } from '../src/wmbus/address.ts'
import type { Datagram } from '../src/wmbus/datagram.ts'
import { decimal } from '../src/wmbus/decimal.ts'
import { address, decode, frame, open, reassembled } from '../src/wmbus/decode.ts'
import { FAULTS, type Fault, NOTES, type Note } from '../src/wmbus/fault.ts'
import { MOST_RECORDS } from '../src/wmbus/records.ts'
import { aesKey } from '../src/wmbus/security.ts'
import { recordValue } from '../src/wmbus/value.ts'
import { hexOf } from '../test/support/telegrams.ts'
import type { Mutant } from './telegrams.ts'

/** Is told every fault and note of every datagram. */
export type Saw = (what: Fault | Note) => void

function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

/** What holds of every datagram, whatever bytes it is of. */
function check(d: Datagram, saw: Saw): void {
  if (d.fault !== null) saw(d.fault)
  for (const note of d.notes) saw(note)
  demand(d.fault === null || d.fault in FAULTS, `unknown fault ${d.fault}`)
  for (const note of d.notes) demand(note in NOTES, `unknown note ${note}`)
  demand(new Set(d.notes).size === d.notes.length, `a note twice: ${d.notes}`)
  demand(d.pos <= d.end && d.end <= d.bytes.length, `cursor at ${d.pos} of ${d.end} of ${d.bytes.length}`)
  demand(d.manufacturerFrom <= d.end, `manufacturer data from ${d.manufacturerFrom} of ${d.end}`)
  demand(d.records.length <= MOST_RECORDS, `${d.records.length} records`)
  if (d.fault === null && d.records.length > 0) demand(d.pos === d.end, `ends at ${d.pos} of ${d.end} without a fault`)
  for (const r of d.records) {
    demand(r.at <= r.dataAt && r.dataAt <= r.end && r.end <= d.bytes.length, `a record at ${r.at}, ${r.dataAt}, ${r.end}`)
    demand(r.raw === null || r.missing === null, 'a value that is missing')
    if (r.raw !== null) decimal(r.raw, r.exponent)
    recordValue(r)
  }
}

/** Names what a datagram says, as the pipeline does for a registered meter. */
function observed(d: Datagram, protectedOnly: boolean): boolean {
  const whose = identify(d)
  if (whose === null || d.fault !== null) return false
  const heard = { bootId: '', monotonicMs: 0, utcMs: null }
  const observation = observe(decoderFor(whose), d, meterName(whose), whose, heard, protectedOnly)
  for (const m of observation?.measurements ?? []) decimal(m.raw, m.exponent)
  return observation !== null
}

/** Throws unless the telegram's explanation has every byte once, in order. */
export function explained({ bytes, crc, key }: Mutant): void {
  const explanation = explain(bytes, crc, aesKey(key))
  let at = 0
  for (const { from, to } of leavesOf(explanation)) {
    demand(from === at && to > at, `bytes ${at} to ${from} are explained twice or never`)
    at = to
  }
  demand(at === bytes.length, `bytes from ${at} are not explained`)
}

/** Sends one telegram every way it can go. Throws on any exception or broken promise; else its fault or what became of it. */
export function examine({ bytes, crc, key }: Mutant, saw: Saw = () => {}): string {
  const untouched = hexOf(bytes)
  const d = decode(bytes, crc, aesKey(key))
  check(d, saw)
  const says = observed(d, d.encryption !== 'none')
  check(decode(bytes, crc, null), saw)
  const { json } = decodeInput({ telegram: untouched, key: hexOf(key) })
  for (const { value } of json.records) demand(typeof value !== 'number' || Number.isFinite(value), `the value ${value}`)
  JSON.stringify(json)
  demand(hexOf(bytes) === untouched, 'the receiver’s bytes were changed')
  return d.fault ?? (says ? 'observation' : 'no observation')
}

const BEFORE = { bootId: '', monotonicMs: 0, utcMs: null }

/** Joins the frames of one message as the pipeline does. Throws on any exception or broken promise; else what became of it. */
export function examineFragments(frames: readonly Uint8Array[], key: Uint8Array, saw: Saw): string {
  const memory = fragmentedMessages(60_000, 1)
  const secret = aesKey(key)
  let result = 'no whole message'
  for (const bytes of frames) {
    const d = open(address(frame(bytes, 'stripped')), secret)
    check(d, saw)
    const message = d.fault === 'afl.fragment' ? memory.add(d, BEFORE) : null
    if (message === null) continue
    const whole = open(reassembled(d, message), secret)
    check(whole, saw)
    result = `joined: ${whole.fault ?? (observed(whole, true) ? `observation, code ${whole.mac}` : 'no observation')}`
  }
  return result
}
