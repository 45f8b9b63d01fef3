import { ByteLengthParser } from '@serialport/parser-byte-length'
import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext, Say } from '../dialect.ts'
import { modeHeard, type Setting, settingFor } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'
import { PLAIN, PLAIN_PATIENCE_MS } from './plain-frames.ts'
import { frameSearch } from './resync.ts'

interface Rc1180Setting extends Setting {
  /** MBUS_MODE. */
  readonly code: number
  /** From which version on the number means this, and until before which. */
  readonly from: number
  readonly before: number
}

/** The first row that hears all that is wanted is taken. The first firmware had other numbers. */
export const RC1180_SETTINGS: readonly Rc1180Setting[] = [
  { code: 1, name: 'T1', hears: ['t1'], from: 0, before: Infinity },
  { code: 9, name: 'C1', hears: ['c1'], from: 2, before: Infinity },
  { code: 10, name: 'T1 and C', hears: ['c1', 't1'], from: 2, before: Infinity },
  { code: 3, name: 'S1', hears: ['s1'], from: 2, before: Infinity },
  { code: 0, name: 'S1', hears: ['s1'], from: 0, before: 2 },
  { code: 0, name: 'S2', hears: ['s2'], from: 2, before: Infinity },
  { code: 2, name: 'T2', hears: ['t2'], from: 2, before: Infinity },
  { code: 8, name: 'C2', hears: ['c2'], from: 2, before: Infinity },
  { code: 4, name: 'R', hears: ['r2'], from: 2, before: Infinity },
]

const ENTER_CONFIG = 0x00
const DUMP_MEMORY = 0x30
const SET_MODE = 0x47
const LEAVE_CONFIG = 0x58
const PROMPT = 0x3e
/** The module says nothing about when it has taken something in. */
const SETTLE_MS = 200

/** 256 bytes and a prompt. */
const DUMP = 257
const RSSI_MODE = 0x05
const DATA_INTERFACE = 0x36
/** `RC1180-MPC1,2.00,0.18E`. */
const NAME = /(RC1\d{3}[\w-]*),(\d+\.\d+)/

/** What a module has told of itself, and what its bytes are. */
interface Told {
  /** Now: telegrams, the dump, or answers of which only the last byte counts. */
  expects: 'telegrams' | 'prompt' | ByteLengthParser
  name: string
  /** The mode to set, or why there is none. */
  choice: Rc1180Setting | string
  tellsRssi: boolean
  configuring: boolean
  mode: LinkMode | null
}

/** Radiocrafts RC1180-MBUS: whole telegrams without CRCs; while it is being configured it hears nothing. */
export function rc1180({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const frames = frameSearch(PLAIN, losses)
  const stick: Told = { expects: 'telegrams', name: '', choice: '', tellsRssi: false, configuring: false, mode: null }
  const telegrams = (found: readonly Uint8Array[], heard: Heard): Telegram[] =>
    found.map((frame) => telegramOf(frame, heard, receiver, stick.tellsRssi, stick.mode))
  const [enter, dump, leave] = [entering(stick), dumping(stick, modes), leaving(stick)]
  const reason = (): string | null => (typeof stick.choice === 'string' ? stick.choice : null)

  return {
    feed(bytes, heard, answered) {
      if (stick.expects === 'telegrams') return telegrams(frames.feed(bytes), heard)
      configured(stick, bytes, answered)
      return []
    },
    flush: (heard) => (stick.expects === 'telegrams' ? telegrams(frames.flush(), heard) : []),
    about: () => (typeof stick.choice === 'string' ? stick.name : `${stick.name}, hears ${stick.choice.name}`),
    patienceMs: PLAIN_PATIENCE_MS,
    // What is wrong is said once the module is out of its configuration: it would stay deaf there, for others, too.
    dialogue: [enter, dump, saying(stick, () => SET_MODE), saying(stick, ({ code }) => code), leave, { verdict: reason }],
    identify: [enter, dump, leave],
    restore: [{ ...leave, say: () => (stick.configuring ? leave.say() : null) }],
  }
}

/** Bytes while it is being configured. */
function configured(stick: Told, bytes: Uint8Array, answered: ((message: Uint8Array) => void) | undefined): void {
  const { expects } = stick
  if (expects === 'telegrams') return
  if (expects === 'prompt') {
    if (bytes.at(-1) === PROMPT) answered?.(Uint8Array.of(PROMPT))
    return
  }
  expects.write(bytes)
  const dump: Buffer | null = expects.read()
  if (dump === null) return
  stick.expects = 'prompt'
  answered?.(dump)
}

const entering = (stick: Told): Ask => ({
  ...ANSWERED,
  request() {
    stick.expects = 'prompt'
    stick.configuring = true
    return Uint8Array.of(ENTER_CONFIG)
  },
  answers: (message) => message.length === 1 && message[0] === PROMPT,
  accept: () => null,
})

/** A byte too many or too few shifts the dump for good: then it is asked for once more, and counted from the start. */
const dumping = (stick: Told, modes: readonly LinkMode[] | undefined): Ask => ({
  ...ANSWERED,
  silence: FELL_SILENT,
  request() {
    stick.expects = new ByteLengthParser({ length: DUMP })
    return Uint8Array.of(DUMP_MEMORY)
  },
  answers: (message) => message.length === DUMP && message[DUMP - 1] === PROMPT && NAME.test(latin1(message)),
  accept(dump) {
    const [, module = '', version = ''] = NAME.exec(latin1(dump)) ?? []
    const [name, tellsRssi, way] = [`${module} firmware ${version}`, dump[RSSI_MODE] === 1, dump[DATA_INTERFACE]!]
    Object.assign(stick, { name, tellsRssi, choice: way === 0 ? choose(Number(version), modes, name) : wrongInterface(name, way) })
    return null
  },
})

/** Nothing where there is no mode to set. */
const saying = (stick: Told, byte: (setting: Rc1180Setting) => number): Say => ({
  say: () => (typeof stick.choice === 'string' ? null : Uint8Array.of(byte(stick.choice))),
  pauseMs: SETTLE_MS,
})

const leaving = (stick: Told): Say => ({
  say() {
    stick.expects = 'telegrams'
    stick.configuring = false
    stick.mode = typeof stick.choice === 'string' ? null : modeHeard(stick.choice)
    return Uint8Array.of(LEAVE_CONFIG)
  },
  pauseMs: SETTLE_MS,
})

const SILENT = noAnswerFrom('an RC1180', 19_200)

const ANSWERED = { timeoutMs: 1000, tries: 3, silence: SILENT }

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const wrongInterface = (name: string, value: number): string =>
  `${name} is set to DATA_INTERFACE ${value}: set it to 0, which is whole telegrams with nothing around them, with the maker’s tool`

function choose(version: number, modes: readonly LinkMode[] | undefined, name: string): Rc1180Setting | string {
  const able = RC1180_SETTINGS.filter(({ from, before }) => from <= version && version < before)
  return settingFor(able, modes, name)
}

/** With the signal strength behind it a telegram’s L-field counts one more. */
function telegramOf(frame: Uint8Array, heard: Heard, receiver: string, tellsRssi: boolean, mode: LinkMode | null): Telegram {
  const bytes = tellsRssi ? frame.slice(0, -1) : frame
  if (tellsRssi) bytes[0] = bytes.length - 1
  return { bytes, crc: 'stripped', heard, receiver, rssi: tellsRssi ? -frame.at(-1)! / 2 : null, mode }
}
