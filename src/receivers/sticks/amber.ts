import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext, Step } from '../dialect.ts'
import { type AmberSetting, amberModule, CAN_TELL_RSSI, SENDS_COMMANDS } from './amber-modes.ts'
import { dBmOfHalves } from './dbm.ts'
import { modeHeard, settingFor } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'
import { type FrameRule, frameSearch } from './resync.ts'

const TELEGRAM = 0x03
const SET_MODE = 0x04
const RESET = 0x05
const SET_PARAMETER = 0x09
const GET_PARAMETERS = 0x0a
const SERIAL_NUMBER = 0x0b

/** Telegrams and the answers to the requests above; other commands of the protocol are not used. */
const FROM_DEVICE: readonly number[] = [
  TELEGRAM,
  ...[SET_MODE, RESET, SET_PARAMETER, GET_PARAMETERS, SERIAL_NUMBER].map((request) => request | 0x80),
]
const HEADER = 3
/** Of a telegram: C, M, A, CI. */
const SHORTEST = 10

const xor = (bytes: Uint8Array, from: number, to: number): number => bytes.subarray(from, to).reduce((sum, byte) => sum ^ byte, 0)

/** `FF | command | length | payload | XOR of all before`. */
const AMBER: FrameRule = {
  start: 0xff,
  header: HEADER,
  size(bytes, at) {
    const [, command = 0, length = 0] = bytes.subarray(at, at + HEADER)
    return !FROM_DEVICE.includes(command) || (command === TELEGRAM && length < SHORTEST) ? 0 : HEADER + length + 1
  },
  vouched: 'checksum',
  right: (bytes, at, size) => xor(bytes, at, at + size - 1) === bytes[at + size - 1],
}

const RESTART_MS = 1000

/** What a stick has told of itself, and what it was set to. */
interface Told {
  parameters: Uint8Array
  setting: AmberSetting | null
  name: string
  number: string
  /** Its flash was written to: in force after a restart. */
  written: boolean
  tellsRssi: boolean
  mode: LinkMode | null
}

/**
 * Amber, now Würth: AMB8465-M, AMB8665-M, Metis-II (868 MHz) and AMB3665 (169 MHz): telegrams come without CRCs and without L-field.
 * As it leaves the factory a stick sends them with nothing around them; it is told once, in its flash, to send them as commands and
 * with their signal strength, so that is what is taken for granted before it has told its parameters.
 */
export function amber({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const frames = frameSearch(AMBER, losses)
  const stick: Told = {
    ...{ parameters: new Uint8Array(0), setting: null, name: '', number: '' },
    ...{ written: false, tellsRssi: true, mode: null },
  }
  const sorted = (found: readonly Uint8Array[], heard: Heard, answered?: (message: Uint8Array) => void): Telegram[] => {
    const telegrams: Telegram[] = []
    for (const frame of found)
      if (frame[1] === TELEGRAM) telegrams.push(telegramOf(frame, heard, receiver, stick.tellsRssi, stick.mode))
      else answered?.(frame.subarray(1, -1))
    return telegrams
  }
  const identify = identifying(stick, modes)

  return {
    feed: (bytes, heard, answered) => sorted(frames.feed(bytes), heard, answered),
    flush: (heard) => sorted(frames.flush(), heard),
    about: () => (stick.setting ? `${stick.name}, number ${stick.number}, hears ${stick.setting.name}` : ''),
    patienceMs: 1000,
    dialogue: [...identify, ...settingUp(stick)],
    identify,
    alive: ask({ request: SERIAL_NUMBER, minLength: 4 }),
    reset: [ask({ request: RESET }), { say: () => new Uint8Array(0), pauseMs: RESTART_MS }],
  }
}

function identifying(stick: Told, modes: readonly LinkMode[] | undefined): readonly Step[] {
  const identified = (answer: Uint8Array): string | null => {
    const module = amberModule(answer)
    if (module === null) return 'answers like an Amber stick, but with parameters of another size: which is it? Please report it'
    const setting = settingFor(module.settings, modes, module.name)
    if (typeof setting === 'string') return setting
    const parameters = answer.subarray(2)
    Object.assign(stick, { name: module.name, parameters, setting, written: false, tellsRssi: parameters[CAN_TELL_RSSI] === 1 })
    return null
  }
  const readNumber = (answer: Uint8Array): null => {
    stick.number = Buffer.from(answer).toString('hex').toUpperCase()
    return null
  }
  return [
    ask({ request: GET_PARAMETERS, payload: () => [0x00, 0x80], minLength: 2, accept: identified, silence: SILENT }),
    ask({ request: SERIAL_NUMBER, minLength: 4, accept: readNumber }),
  ]
}

/** What is set before the restart is lost by it: the link mode comes last. */
function settingUp(stick: Told): readonly Step[] {
  /** Its flash is worn by every writing, and a power loss meanwhile can kill it: only what differs is written. */
  const switchOn = (parameter: number): Ask =>
    ask({
      request: SET_PARAMETER,
      payload: () => (stick.parameters[parameter] === 1 ? null : [parameter, 1, 1]),
      accept([status]) {
        stick.written = true
        return status === 0
          ? null
          : `the stick could not write its parameter ${parameter} (status ${status}): unplug it and plug it in again`
      },
    })
  const isRestarted = (): null => {
    stick.tellsRssi = true
    return null
  }
  const isSet = ([status]: Uint8Array): string | null => {
    stick.mode = modeHeard(stick.setting)
    return status === 0 ? null : `the stick refused link mode ${stick.setting!.name} (status ${status})`
  }
  return [
    switchOn(SENDS_COMMANDS),
    switchOn(CAN_TELL_RSSI),
    ask({ request: RESET, payload: () => (stick.written ? [] : null), accept: isRestarted }),
    { say: () => (stick.written ? new Uint8Array(0) : null), pauseMs: RESTART_MS },
    ask({ request: SET_MODE, payload: () => [stick.setting!.code], minLength: 1, accept: isSet }),
  ]
}

const SILENT = noAnswerFrom('an Amber stick', 9600)
interface Exchange {
  readonly request: number
  /** Null: it need not be asked. */
  readonly payload?: () => readonly number[] | null
  /** Of the answer's payload. */
  readonly minLength?: number
  /** Takes in that payload. */
  readonly accept?: (payload: Uint8Array) => string | null
  readonly silence?: string
}

/** An answer is the request's command with bit 7 set; stray bytes before it are passed over by the framing. */
const ask = ({ request, payload = () => [], minLength = 0, accept = () => null, silence = FELL_SILENT }: Exchange): Ask => ({
  request() {
    const content = payload()
    return content && framed(request, content)
  },
  answers: (message) => message[0] === (request | 0x80) && message.length >= 2 + minLength,
  accept: (message) => accept(message.subarray(2)),
  timeoutMs: 1000,
  tries: 3,
  silence,
})

function framed(command: number, payload: readonly number[]): Uint8Array {
  const frame = Uint8Array.of(0xff, command, payload.length, ...payload, 0)
  frame[frame.length - 1] = xor(frame, 0, frame.length - 1)
  return frame
}

/** The length counts the signal strength. What is left is the L-field, which itself is not sent. */
function telegramOf(frame: Uint8Array, heard: Heard, receiver: string, tellsRssi: boolean, mode: LinkMode | null): Telegram {
  const end = frame.length - 1 - (tellsRssi ? 1 : 0)
  const bytes = frame.slice(HEADER - 1, end)
  bytes[0] = bytes.length - 1
  return { bytes, crc: 'stripped', heard, receiver, rssi: tellsRssi ? dBmOfHalves(frame[end]!) : null, mode }
}
