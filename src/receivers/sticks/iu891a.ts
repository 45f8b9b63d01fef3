import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext, Step } from '../dialect.ts'
import { dBmOfByte } from './dbm.ts'
import { modeHeard, type Setting, settingFor } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'
import { frameSearch } from './resync.ts'
import { slip, slipContent, slipped } from './slip.ts'

const DEVICE = 0x01
const WMBUS = 0x09
const PING = 0x01
const DEVICE_INFO = 0x03
const RESTART = 0x07
const GET_CONFIG = 0x01
const SET_CONFIG = 0x03
const TELEGRAM = 0x20

const MODULES: Readonly<Record<number, string>> = { 110: 'iU891A-XL', 109: 'iM891A-XL', 163: 'iM881A-XL', 113: 'iU893-XL' }

interface Iu891aSetting extends Setting {
  /** The link mode byte of its configuration. */
  readonly code: number
}

/** The first row that hears all that is wanted is taken. */
export const IU891A_SETTINGS: readonly Iu891aSetting[] = [
  { code: 2, name: 'T', hears: ['t1'] },
  { code: 5, name: 'C', hears: ['c1'] },
  { code: 3, name: 'C and T', hears: ['c1', 't1'] },
  { code: 1, name: 'S', hears: ['s1'] },
]

/** Of the configuration: link mode 1, options 2, options for display 2, LED 2, recalibration 4. */
const CONFIG = 11
/** Options, low byte first: hear only listed meters; tell the host what is heard. */
const FILTER = 0x01
const TELL_HOST = 0x02

const RESTART_MS = 1000
/** What wakes the module's port. */
const WAKE_UP = new Uint8Array(30).fill(0xc0)
const WAKE_UP_MS = 50

/** What a stick has told of itself, and what it was set to. */
interface Told {
  module: string
  setting: Iu891aSetting | null
  config: Uint8Array
  mode: LinkMode | null
}

/** IMST iU891A-XL and its sisters iM891A-XL, iM881A-XL, iU893-XL: telegrams come without CRCs and with dBm. */
export function iu891a({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const frames = frameSearch(slip([DEVICE, WMBUS]), losses)
  const stick: Told = { module: '', setting: null, config: new Uint8Array(CONFIG), mode: null }
  const sorted = (found: readonly Uint8Array[], heard: Heard, answered?: (message: Uint8Array) => void): Telegram[] => {
    const telegrams: Telegram[] = []
    for (const frame of found) {
      const content = slipContent(frame)
      if (content?.[0] === WMBUS && content[1] === TELEGRAM) telegrams.push(...telegramIn(content, heard, receiver, stick.mode))
      else if (content) answered?.(content)
    }
    return telegrams
  }
  const identify = identifying(stick, modes)

  return {
    feed: (bytes, heard, answered) => sorted(frames.feed(bytes), heard, answered),
    flush: (heard) => sorted(frames.flush(), heard),
    about: () => (stick.setting ? `${stick.module}, hears ${stick.setting.name}` : ''),
    patienceMs: 1000,
    dialogue: [...identify, ...settingUp(stick)],
    identify,
    alive: ask({ access: DEVICE, message: PING }),
    reset: [ask({ access: DEVICE, message: RESTART }), { say: () => new Uint8Array(0), pauseMs: RESTART_MS }],
  }
}

function identifying(stick: Told, modes: readonly LinkMode[] | undefined): readonly Step[] {
  const identified = ([type = 0]: Uint8Array): string | null => {
    stick.module = MODULES[type] ?? ''
    if (stick.module === '')
      return `answers as module type ${type.toString(16).toUpperCase()}, which is no iU891A-XL (6E) and none of its sisters: is this the right port?`
    const choice = settingFor(IU891A_SETTINGS, modes, stick.module)
    if (typeof choice === 'string') return choice
    stick.setting = choice
    return null
  }
  return [
    { say: () => WAKE_UP, pauseMs: WAKE_UP_MS },
    ask({ access: DEVICE, message: DEVICE_INFO, minLength: 1, accept: identified, silence: SILENT }),
  ]
}

/** In RAM only. What is set but does not concern us stays. */
function settingUp(stick: Told): readonly Step[] {
  const readConfig = (found: Uint8Array): null => {
    stick.config = found.slice(0, CONFIG)
    return null
  }
  const newConfig = (): number[] => {
    const [, options = 0, ...rest] = stick.config
    return [stick.setting!.code, (options & ~FILTER) | TELL_HOST, ...rest]
  }
  const isSet = (): null => {
    stick.mode = modeHeard(stick.setting)
    return null
  }
  return [
    ask({ access: WMBUS, message: GET_CONFIG, minLength: CONFIG, accept: readConfig }),
    ask({ access: WMBUS, message: SET_CONFIG, payload: newConfig, accept: isSet }),
  ]
}

const SILENT = noAnswerFrom('an iU891A', 115_200)
interface Exchange {
  readonly access: number
  readonly message: number
  readonly payload?: () => number[]
  /** Of the answer's payload. */
  readonly minLength?: number
  /** Takes in that payload. */
  readonly accept?: (payload: Uint8Array) => string | null
  readonly silence?: string
}

/** An answer is the request's message plus one, and begins with a status; 00 is good. */
const ask = ({ access, message, payload = () => [], minLength = 0, accept = () => null, silence = FELL_SILENT }: Exchange): Ask => ({
  request: () => slipped([access, message, ...payload()]),
  answers: (answer) => answer[0] === access && answer[1] === message + 1 && answer.length >= 3 + (answer[2] === 0 ? minLength : 0),
  accept: (answer) => (answer[2] === 0 ? accept(answer.subarray(3)) : refused(message, answer[2]!)),
  timeoutMs: 1000,
  tries: 3,
  silence,
})

const refused = (message: number, status: number): string =>
  `the stick refused request ${message} (status ${status}): unplug it and plug it in again; if that does not help, its firmware is another than we know`

/** Access point, message, seconds 4, decryption, encryption mode, info; its clock begins in 2000 and is not asked. */
const RSSI_AT = 9
const TELEGRAM_AT = RSSI_AT + 1

function telegramIn(content: Uint8Array, heard: Heard, receiver: string, mode: LinkMode | null): Telegram[] {
  const bytes = content.slice(TELEGRAM_AT)
  if (bytes.length === 0) return []
  return [{ bytes, crc: 'stripped', heard, receiver, rssi: dBmOfByte(content[RSSI_AT]!), mode }]
}
