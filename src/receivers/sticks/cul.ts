import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Ask, Dialect, DialectContext } from '../dialect.ts'
import { lineSplitter } from '../streams/lines.ts'
import { dBmOfHalves } from './dbm.ts'
import { modeHeard, type Setting, settingFor } from './link-modes.ts'
import { FELL_SILENT, noAnswerFrom } from './no-answer.ts'

interface CulSetting extends Setting {
  readonly command: string
  readonly answer: string
  /** Is in a-culfw, too. */
  readonly everywhere: boolean
}

/** The first row that hears all that is wanted is taken. */
export const CUL_SETTINGS: readonly CulSetting[] = [
  { command: 'brt', answer: 'TMODE', name: 'T', hears: ['t1'], everywhere: true },
  { command: 'brc', answer: 'CMODE', name: 'C and T', hears: ['c1', 't1'], everywhere: false },
  { command: 'brs', answer: 'SMODE', name: 'S', hears: ['s1'], everywhere: true },
]

/** Report what is heard, with signal strength. Nobody answers. */
const REPORT = 'X21'
const SETTLE_MS = 100

const text = (message: Uint8Array): string => Buffer.from(message).toString('latin1')
const bytesOf = (line: string): Uint8Array => Uint8Array.from(Buffer.from(line, 'latin1'))

/** What a CUL has told of itself, and what it was set to. */
interface Told {
  version: string
  /** Rows that its firmware may have. */
  able: readonly CulSetting[]
  setting: CulSetting | null
  isSet: boolean
  mode: LinkMode | null
}

/** CUL and nanoCUL with culfw or a-culfw: one telegram per line, with the CRCs as on the air. */
export function cul({ receiver, losses }: DialectContext, modes: readonly LinkMode[] | undefined): Dialect {
  const lines = lineSplitter(losses)
  const stick: Told = { version: '', able: CUL_SETTINGS, setting: null, isSet: false, mode: null }
  const sorted = (found: readonly string[], heard: Heard, answered?: (message: Uint8Array) => void): Telegram[] => {
    const telegrams: Telegram[] = []
    for (const line of found.map((line) => line.trim())) {
      const frame = frameIn(line)
      if (frame) telegrams.push({ ...frame, heard, receiver, mode: frame.crc === 'B' ? 'c1' : stick.mode })
      else if (ANSWER.test(line)) answered?.(bytesOf(line))
      else if (line !== '') losses.skipped += line.length + 1
    }
    return telegrams
  }
  const { identify, setMode } = asking(stick, modes)

  return {
    feed: (bytes, heard, answered) => sorted(lines.feed(bytes), heard, answered),
    flush: (heard) => sorted(lines.flush(), heard),
    about: () => (stick.setting ? `CUL ${stick.version}, hears ${stick.setting.name}` : ''),
    patienceMs: null,
    dialogue: [identify, ...CUL_SETTINGS.map(() => setMode), { say: () => bytesOf(`${REPORT}\n`), pauseMs: SETTLE_MS }],
    identify: [identify],
    alive: ask({ request: () => 'V', answers: /^V \S/ }),
  }
}

function asking(stick: Told, modes: readonly LinkMode[] | undefined): { readonly identify: Ask; readonly setMode: Ask } {
  const choose = (): string | null => {
    if (stick.able.length === 0) return `this firmware (${stick.version}) has no wireless M-Bus: flash one that was built with it`
    const choice = settingFor(stick.able, modes, `this CUL (${stick.version})`)
    if (typeof choice === 'string') return choice
    stick.setting = choice
    return null
  }
  const identified = (answer: string): string | null => {
    stick.version = answer.trim()
    stick.able = CUL_SETTINGS.filter(({ everywhere }) => everywhere || !/a-culfw/i.test(stick.version))
    stick.isSet = false
    return choose()
  }
  /** Which modes a firmware was built with shows only when it is asked for one: then the next best is tried. */
  const setMode = ask({
    request: () => (stick.isSet ? null : stick.setting!.command),
    answers: /^(?:[TSC]MODE|OFF|\?)/,
    accept(answer) {
      const { setting } = stick
      stick.isSet = answer === setting!.answer
      stick.able = stick.able.filter((other) => stick.isSet || other !== setting)
      stick.mode = stick.isSet ? modeHeard(setting) : null
      return stick.isSet ? null : choose()
    },
  })
  return { identify: ask({ request: () => 'V', answers: /^V \S/, accept: identified, silence: SILENT }), setMode }
}

const SILENT = noAnswerFrom('a CUL', 38_400)
/** What it says when it is asked something. */
const ANSWER = /^(?:V |[TSC]MODE$|OFF$|\?)/

interface Exchange {
  readonly request: () => string | null
  readonly answers: RegExp
  readonly accept?: (answer: string) => string | null
  readonly silence?: string
}

/** The first command after opening may meet rubbish that another program left: asking again helps. */
const ask = ({ request, answers, accept = () => null, silence = FELL_SILENT }: Exchange): Ask => ({
  request() {
    const command = request()
    return command === null ? null : bytesOf(`${command}\n`)
  },
  answers: (message) => answers.test(text(message)),
  accept: (message) => accept(text(message)),
  timeoutMs: 1000,
  tries: 3,
  silence,
})

/** The b is small and the hex great, so that it is found behind rubbish, too; Y: frame format B. */
const FRAME = /b(Y?)((?:[0-9A-F]{2})+)$/
/** Link quality and signal strength. */
const QUALITY = 2
const SHORTEST_L = 10
const sizeOfA = (l: number): number => l + 1 + 2 * (1 + Math.ceil((l - 9) / 16))
const sizeOfB = (l: number): number => l + 1

/**
 * The frame of a line. Its L-field tells how long it is, never the line: firmware cuts long telegrams short and may still set link
 * quality and signal strength behind the stump.
 */
function frameIn(line: string): Pick<Telegram, 'bytes' | 'crc' | 'rssi'> | null {
  const [, y, hex = ''] = FRAME.exec(line) ?? []
  const all = Uint8Array.from(Buffer.from(hex, 'hex'))
  const l = all[0] ?? 0
  const size = y === 'Y' ? sizeOfB(l) : sizeOfA(l)
  if (l < SHORTEST_L || (all.length !== size && all.length !== size + QUALITY)) return null
  return { bytes: all.slice(0, size), crc: y === 'Y' ? 'B' : 'A', rssi: all.length > size ? dBmOfHalves(all.at(-1)!) : null }
}
