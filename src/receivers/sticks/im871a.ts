import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext } from '../dialect.ts'
import { HCI, type HciFrame, hciFrame } from './hci.ts'
import { type Im871a, type Im871aSetting, im871aSetting, stickText } from './im871a-modes.ts'
import { modeHeard } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'
import { frameSearch } from './resync.ts'

/** A message of IMST's HCI. */
type Message = readonly [endpoint: number, message: number]

const PING: Message = [0x01, 0x01]
const PING_ANSWER: Message = [0x01, 0x02]
const SET_CONFIG: Message = [0x01, 0x03]
const SET_CONFIG_ANSWER: Message = [0x01, 0x04]
const GET_CONFIG: Message = [0x01, 0x05]
const GET_CONFIG_ANSWER: Message = [0x01, 0x06]
const RESET: Message = [0x01, 0x07]
const RESET_ANSWER: Message = [0x01, 0x08]
const DEVICE_INFO: Message = [0x01, 0x0f]
const DEVICE_INFO_ANSWER: Message = [0x01, 0x10]
const TELEGRAM: Message = [0x02, 0x03]

/** What a stick needs to start anew. */
const RESTART_MS = 1000

/** IMST iM871A-USB (868 MHz) and iM170A (169 MHz): telegrams come without CRCs, and with the signal strength once it is set up. */
export function im871a({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const frames = frameSearch(HCI, losses)
  let stick: Im871a | null = null
  let chosen: Im871aSetting | null = null
  let number = ''
  let mode: LinkMode | null = null

  const sorted = (found: readonly Uint8Array[], heard: Heard, answered?: (message: Uint8Array) => void): Telegram[] => {
    const telegrams: Telegram[] = []
    for (const frame of found.map(hciFrame))
      if (frame.endpoint === TELEGRAM[0] && frame.message === TELEGRAM[1]) telegrams.push(telegramOf(frame, heard, receiver, mode))
      else answered?.(Uint8Array.of(frame.endpoint, frame.message, ...frame.payload))
    return telegrams
  }

  const identified = (info: Uint8Array): string | null => {
    stick = { module: info[0]!, firmware: info[2]! }
    const setting = im871aSetting(stick, modes)
    if (typeof setting === 'string') return setting
    chosen = setting
    return null
  }
  const readConfig = (config: Uint8Array): null => {
    number = identificationIn(config)
    return null
  }
  const isSet = (): null => {
    mode = modeHeard(chosen)
    return null
  }
  const identify = [
    ask({ request: () => request(DEVICE_INFO), answer: DEVICE_INFO_ANSWER, minLength: 8, accept: identified, silence: SILENT }),
    ask({ request: () => request(GET_CONFIG), answer: GET_CONFIG_ANSWER, minLength: 1, accept: readConfig }),
  ]

  return {
    feed: (bytes, heard, answered) => sorted(frames.feed(bytes), heard, answered),
    flush: (heard) => sorted(frames.flush(), heard),
    about: () => (stick && chosen ? `${stickText(stick)}, number ${number}, hears ${chosen.name}` : ''),
    patienceMs: 1000,
    dialogue: [...identify, ask({ request: () => setConfig(chosen!), answer: SET_CONFIG_ANSWER, accept: isSet })],
    identify,
    alive: ask({ request: () => request(PING), answer: PING_ANSWER }),
    reset: [ask({ request: () => request(RESET), answer: RESET_ANSWER }), { say: () => new Uint8Array(0), pauseMs: RESTART_MS }],
  }
}

const SILENT = noAnswerFrom('an iM871A', 57_600)
interface Exchange {
  readonly request: () => Uint8Array
  readonly answer: Message
  /** Of the answer's payload. */
  readonly minLength?: number
  /** Takes in that payload. */
  readonly accept?: (payload: Uint8Array) => string | null
  readonly silence?: string
}

const ask = ({ request, answer, minLength = 0, accept = () => null, silence = FELL_SILENT }: Exchange): Ask => ({
  request,
  answers: (message) => message[0] === answer[0] && message[1] === answer[1] && message.length >= answer.length + minLength,
  accept: (message) => accept(message.subarray(answer.length)),
  timeoutMs: 1000,
  tries: 3,
  silence,
})

/** Sticks take requests without FCS. */
const request = ([endpoint, message]: Message, ...payload: number[]): Uint8Array =>
  Uint8Array.of(0xa5, endpoint, message, payload.length, ...payload)

/** In RAM only, so that no start wears the flash: the link mode (flag 02), RSSI on and timestamp off (flags 30). */
const setConfig = (setting: Im871aSetting): Uint8Array => request(SET_CONFIG, 0x00, 0x02, setting.code, 0x30, 0x01, 0x00)

/** Sizes of the fields that the first flag byte announces, lowest bit first: device mode, link mode, C, M, identification number. */
const BEFORE_IDENTIFICATION = [1, 1, 1, 2]
const HAS_IDENTIFICATION = 1 << BEFORE_IDENTIFICATION.length

/** The stick's own number, as other programs print it. */
function identificationIn(config: Uint8Array): string {
  const flags = config[0]!
  if (!(flags & HAS_IDENTIFICATION)) return ''
  const at = BEFORE_IDENTIFICATION.reduce((sum, size, bit) => (flags & (1 << bit) ? sum + size : sum), 1)
  return Buffer.from(config.slice(at, at + 4).reverse()).toString('hex')
}

/** The length byte of the HCI frame is the L-field, which the payload itself lacks. */
function telegramOf(frame: HciFrame, heard: Heard, receiver: string, mode: LinkMode | null): Telegram {
  const bytes = new Uint8Array(frame.payload.length + 1)
  bytes[0] = frame.payload.length
  bytes.set(frame.payload, 1)
  return { bytes, crc: 'stripped', heard, receiver, rssi: frame.rssi === null ? null : dBm(frame.rssi), mode }
}

/**
 * raw · 8/15 − 380/3, rounded to 0.1 dB, as jMBus and ioBroker have it. wmbusmeters takes −100 + (raw − 45) / 2 and ends at 230;
 * between 30 and 230 the two differ by at most 3.3 dB.
 */
const dBm = (raw: number): number => Math.round((16 * raw - 3800) / 3) / 10
