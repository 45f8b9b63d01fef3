import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext, Step } from '../dialect.ts'
import { dBmOfByte } from './dbm.ts'
import { modeHeard, type Setting, settingFor } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'
import { type FrameRule, frameSearch } from './resync.ts'

const DEVICE_INFO = 0x01
const RESET = 0x05
const POWER = 0x10
const CHANNEL = 0x11
const ENERGY_SAVE = 0x13
const AUTO_START = 0x24
const NETWORK_START = 0x31
const ANSWER = 0x80
const READY = 0x84
const TELEGRAM = 0xe0

const FROM_DEVICE: readonly number[] = [
  TELEGRAM,
  READY,
  ...[DEVICE_INFO, RESET, POWER, CHANNEL, ENERGY_SAVE, AUTO_START, NETWORK_START].map((message) => message | ANSWER),
]

interface EbiSetting extends Setting {
  readonly channel: number
}

/** The first row that hears all that is wanted is taken. */
export const EBI_SETTINGS: readonly EbiSetting[] = [
  { channel: 0x19, name: 'T', hears: ['t1'] },
  { channel: 0x25, name: 'C', hears: ['c1'] },
  { channel: 0x18, name: 'S', hears: ['s1'] },
]

/** What the device info says it is. */
const WIRELESS_MBUS = 0x40
const EMB_WMB868 = 0x49

/** Length 2, message. */
const HEADER = 3
const SHORTEST = HEADER + 1
/** Options 2, signal strength, time 4, a telegram of 256 bytes. */
const LONGEST = SHORTEST + 7 + 256
/** The answers that are known have six bytes at most. */
const LONGEST_ANSWER = 16

const sum = (bytes: Uint8Array, from: number, to: number): number =>
  bytes.subarray(from, to).reduce((total, byte) => (total + byte) & 0xff, 0)

/** `length of all, 2, high byte first | message | payload | sum of all before`. */
const EBI: FrameRule = {
  start: null,
  header: HEADER,
  size(bytes, at) {
    const size = (bytes[at]! << 8) | bytes[at + 1]!
    const message = bytes[at + 2]!
    const longest = message === TELEGRAM ? LONGEST : LONGEST_ANSWER
    return size < SHORTEST || size > longest || !FROM_DEVICE.includes(message) ? 0 : size
  },
  vouched: 'checksum',
  right: (bytes, at, size) =>
    sum(bytes, at, at + size - 1) === bytes[at + size - 1] && (bytes[at + 2] !== TELEGRAM || fits(bytes.subarray(at, at + size))),
}

/** Embit EMB-WMB868 with its Embit Binary Interface: telegrams come without CRCs and with dBm. */
export function ebi({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const frames = frameSearch(EBI, losses)
  let setting: EbiSetting | null = null
  let mode: LinkMode | null = null

  const sorted = (found: readonly Uint8Array[], heard: Heard, answered?: (message: Uint8Array) => void): Telegram[] => {
    const telegrams: Telegram[] = []
    for (const frame of found)
      if (frame[2] === TELEGRAM) telegrams.push(telegramOf(frame, heard, receiver, mode))
      else answered?.(frame.subarray(2, -1))
    return telegrams
  }

  const identified = ([protocol, module]: Uint8Array): string | null => {
    if (protocol !== WIRELESS_MBUS || module !== EMB_WMB868)
      return `an Embit module answers, but not an EMB-WMB868 (${protocol}, ${module}): is this the right port?`
    const choice = settingFor(EBI_SETTINGS, modes, 'EMB-WMB868')
    if (typeof choice === 'string') return choice
    setting = choice
    return null
  }
  const started = (): null => {
    mode = modeHeard(setting)
    return null
  }
  const identify = [ask({ message: DEVICE_INFO, minLength: 2, status: false, accept: identified, silence: SILENT })]

  return {
    feed: (bytes, heard, answered) => sorted(frames.feed(bytes), heard, answered),
    flush: (heard) => sorted(frames.flush(), heard),
    about: () => (setting ? `EMB-WMB868, hears ${setting.name}` : ''),
    patienceMs: 1000,
    dialogue: [...identify, ...settingUp(() => setting!.channel, started)],
    identify,
    alive: ask({ message: DEVICE_INFO, minLength: 2, status: false }),
    reset: RESTART,
  }
}

/** Not saved: every start sets it anew, and saving wears its flash. */
const settingUp = (channel: () => number, started: () => null): readonly Step[] => [
  ...RESTART,
  ask({ message: POWER, payload: () => [0x0f] }),
  ask({ message: CHANNEL, payload: () => [channel()] }),
  ask({ message: ENERGY_SAVE, payload: () => [0x00, 0x00] }),
  ask({ message: AUTO_START, payload: () => [0x80, 0x00] }),
  ask({ message: NETWORK_START, accept: started }),
]

const SILENT = noAnswerFrom('an EMB-WMB868', 9600)
/** It says so by itself after a reset. */
const IS_READY: Ask = {
  request: () => new Uint8Array(0),
  answers: (message) => message[0] === READY,
  accept: () => null,
  timeoutMs: 5000,
  tries: 1,
  silence: FELL_SILENT,
}

interface Exchange {
  readonly message: number
  readonly payload?: () => readonly number[]
  /** Of the answer's payload. */
  readonly minLength?: number
  /** False: its first byte is no status. */
  readonly status?: boolean
  /** Takes in that payload. */
  readonly accept?: (payload: Uint8Array) => string | null
  readonly silence?: string
}

/** An answer is the request's message with bit 7 set; its status is 00 where the request was executed. */
const ask = ({ message, payload = () => [], minLength = 1, status = true, accept = () => null, silence = FELL_SILENT }: Exchange): Ask => ({
  request: () => framed(message, payload()),
  answers: (answer) => answer[0] === (message | ANSWER) && answer.length >= 1 + minLength,
  accept: (answer) => (status && answer[1] !== 0 ? refused(message, answer[1]!) : accept(answer.subarray(1))),
  timeoutMs: 1000,
  tries: 3,
  silence,
})

const RESTART: readonly Step[] = [ask({ message: RESET }), IS_READY]

const refused = (message: number, status: number): string =>
  `the stick refused request ${message} (status ${status}; 6: busy): unplug it and plug it in again`

function framed(message: number, payload: readonly number[]): Uint8Array {
  const size = SHORTEST + payload.length
  const frame = Uint8Array.of(size >> 8, size & 0xff, message, ...payload, 0)
  frame[size - 1] = sum(frame, 0, size - 1)
  return frame
}

const RSSI_FOLLOWS = 0x8000
const TIME_FOLLOWS = 0x0008
const TIME = 4
/** C, M, A, CI. */
const SHORTEST_L = 10

/** `options 2 | [signal strength] | [time 4] | telegram from its L-field on`. The time counts from power-on and is not used. */
function partsOf(frame: Uint8Array): { readonly rssi: number | null; readonly bytes: Uint8Array } {
  const options = (frame[HEADER]! << 8) | frame[HEADER + 1]!
  const rssiAt = HEADER + 2
  const tellsRssi = (options & RSSI_FOLLOWS) !== 0
  const at = rssiAt + (tellsRssi ? 1 : 0) + (options & TIME_FOLLOWS ? TIME : 0)
  return { rssi: tellsRssi ? dBmOfByte(frame[rssiAt]!) : null, bytes: frame.slice(at, -1) }
}

/** A sum of eight bits vouches for little. An L-field may still count the CRCs of format B. */
function fits(frame: Uint8Array): boolean {
  const { bytes } = partsOf(frame)
  const [l = 0] = bytes
  return [1, -1, -3].some((more) => bytes.length === l + more) && l >= SHORTEST_L
}

function telegramOf(frame: Uint8Array, heard: Heard, receiver: string, mode: LinkMode | null): Telegram {
  return { ...partsOf(frame), crc: 'stripped', heard, receiver, mode }
}
