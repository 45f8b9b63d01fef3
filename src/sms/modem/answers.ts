/** What the lines of answers say, and which lines a modem sends by itself. */
import { pduBytes, tpduLength } from '../pdu/pdu.ts'

/** One message in a modem's storage. */
export interface Stored {
  readonly index: number
  /** 0 and 1: received, unread and read; 2 and 3: of our own. */
  readonly status: number
  /** The PDU in hexadecimal, as long as the modem says that it is. */
  readonly pdu: string
}

export interface Listed {
  readonly messages: readonly Stored[]
  /** Entries whose PDU is not as long as announced: a line was lost. They are read again at the next listing. */
  readonly torn: number
}

export const LIST_LINES = /^(?:\+CMG[LR]:|[0-9A-Fa-f]+$)/
const ENTRY = /^\+CMGL: *(\d+) *, *(\d+) *,.*?(\d+) *$/
const SINGLE = /^\+CMGR: *(\d+) *,.*?(\d+) *$/

/** The digits behind an entry, of one line or of several that the modem cut it into; null where they are not what was announced. */
function pduOf(lines: readonly string[], from: number, length: number): string | null {
  let digits = ''
  for (let i = from; i < lines.length && !lines[i]!.startsWith('+'); i++) {
    digits += lines[i]!
    const bytes = pduBytes(digits)
    if (bytes !== null && tpduLength(bytes) === length) return digits.toUpperCase()
  }
  return null
}

/** The messages of an answer to AT+CMGL. */
export function listed(lines: readonly string[]): Listed {
  const messages: Stored[] = []
  let torn = 0
  for (const [i, line] of lines.entries()) {
    if (!line.startsWith('+CMGL:')) continue
    const [, index, status, length] = ENTRY.exec(line) ?? []
    const pdu = length === undefined ? null : pduOf(lines, i + 1, Number(length))
    if (pdu === null) torn++
    else messages.push({ index: Number(index), status: Number(status), pdu })
  }
  return { messages, torn }
}

/** The PDU of an answer to AT+CMGR, or null. */
export function readPdu(lines: readonly string[]): string | null {
  const at = lines.findIndex((line) => SINGLE.test(line))
  const [, , length] = SINGLE.exec(lines[at] ?? '') ?? []
  return length === undefined ? null : pduOf(lines, at + 1, Number(length))
}

/** `+CPMS: 3,50,…`: used and total of the first memory. */
export function storageOf(lines: readonly string[]): { readonly used: number; readonly total: number } | null {
  const [, used, total] = /^\+CPMS: *(?:"[A-Z]+" *, *)?(\d+) *, *(\d+)/.exec(lines[0] ?? '') ?? []
  return total === undefined ? null : { used: Number(used), total: Number(total) }
}

/** `+CSQ: 17,99` in dBm; null where the modem does not know (3GPP TS 27.007 §8.5). */
export function signalOf(lines: readonly string[]): number | null {
  const level = Number(/^\+CSQ: *(\d+)/.exec(lines[0] ?? '')?.[1] ?? 99)
  return level > 31 ? null : -113 + 2 * level
}

export const REGISTRATIONS = ['none', 'home', 'searching', 'denied', 'unknown', 'roaming'] as const
export type Registration = (typeof REGISTRATIONS)[number]

/** `+CREG: 1,5` to a question, `+CREG: 5` by itself (27.007 §7.2). */
export function registrationOf(line: string): Registration | null {
  const [, first, second] = /^\+C(?:E|G)?REG: *(\d+)(?: *, *(\d+)(?!\d))?/.exec(line) ?? []
  if (first === undefined) return null
  return REGISTRATIONS[Number(second ?? first)] ?? 'unknown'
}

/** Lines a modem sends when it has just started: its settings are lost. */
const BOOT =
  /^(?:RDY|START|SMS DONE|SMS READY|PB DONE|CALL READY|\^SYSSTART|\+SYSSTART|MODEM:STARTUP|\+CPIN: *(?:READY|SIM PIN)|\+CFUN: *1)$/i
export const isBoot = (line: string): boolean => BOOT.test(line)

/** `+CMTI: "SM",3`: a message has come. */
export const isArrival = (line: string): boolean => /^\+C(?:MTI|DSI):/.test(line)
