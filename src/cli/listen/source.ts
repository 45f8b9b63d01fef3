import { existsSync, statSync } from 'node:fs'
import type { Clock } from '../../clock.ts'
import { nearest } from '../../config/nearest.ts'
import { type ReceiverSpec, USES } from '../../receivers/build.ts'
import { filePort } from '../../receivers/ports/file.ts'
import type { Port } from '../../receivers/ports/port.ts'
import { programPort } from '../../receivers/ports/program.ts'
import { stdinPort } from '../../receivers/ports/stdin.ts'
import { isStream } from '../../receivers/streams/streams.ts'
import { WAYS, wayOf } from '../../receivers/ways.ts'
import { LINK_MODES, type LinkMode } from '../../wmbus/telegram.ts'
import { failure } from '../failure.ts'

/** One receiver as a command line names it. */
export interface Source {
  /** Of the receiver, where one was given. */
  readonly name?: string
  /** `captured`: a recording of --capture-raw, which tells the rest. */
  readonly use: ReceiverSpec['use'] | 'captured'
  /** Null: on which port it is has to be found. */
  readonly at: string | null
  readonly modes?: readonly LinkMode[]
  /** Of a serial port, where it is not the usual one. */
  readonly baudRate?: number
}

/** Other names for the same: those that wmbusmeters gives them, and those on the sticks. */
const SYNONYMS: Readonly<Record<string, string>> = {
  rtlwmbus: 'rtl_wmbus',
  rtl433: 'rtl_433',
  hextty: 'hex',
  rawtty: 'raw',
  amb8665: 'amb8465',
  metis2: 'amb8465',
  iu893: 'iu891a',
  im891a: 'iu891a',
  nanocul: 'cul',
  elvaco: 'cmex',
}

const KNOWN: readonly string[] = ['auto', 'captured', ...Object.keys(USES)]
const useNamed = (word: string): Source['use'] | null => {
  const name = SYNONYMS[word.toLowerCase()] ?? word.toLowerCase()
  return KNOWN.includes(name) ? (name as Source['use']) : null
}

/** `TYPE:PATH:BAUD:MODES` and, as wmbusmeters has it, `PATH:TYPE:BAUD:MODES`, `TYPE:MODES` and `NAME=` in front of any. Fails with what to write. */
export function parseSource(text: string): Source {
  const [, name, unnamed = ''] = /^(?:([\w.-]{1,32})=)?(.*)$/s.exec(text) ?? []
  const [first = '', ...rest] = unnamed.split(':')
  const use = useNamed(first)
  const source = use === null ? turnedAround([first, ...rest]) : sourceOf(use, rest)
  if (source) return { ...source, ...(name !== undefined && { name }) }
  const near = meant(first, unnamed) ?? nearest(first, [...KNOWN, ...Object.keys(SYNONYMS)])
  throw failure(
    'usage',
    `${text === first ? '' : `"${text}": `}"${first}" is no type of receiver${near ? `; did you mean ${near}?` : ''}
Write TYPE:PATH, TYPE:PATH:MODES or TYPE:PATH:BAUD:MODES, as in im871a:/dev/ttyUSB0:c1,t1. Types: ${KNOWN.join(', ')}`,
  )
}

/** Of a place without a type. */
const meant = (first: string, text: string): string | null => {
  if (first.startsWith('/')) return `auto:${first}`
  return first === 'stdin' || first === '-' || wayOf(text) !== null ? `hex:${text}` : null
}

/** `/dev/ttyUSB0:im871a:c1`, `/dev/ttyUSB0:rawtty:9600`, `stdin:rtlwmbus`. */
function turnedAround(parts: readonly string[]): Source | null {
  for (const n of [1, 2, 3]) {
    const use = useNamed(parts.at(-n) ?? '')
    const path = parts.slice(0, -n)
    if (use !== null && (path[0]?.startsWith('/') || path.join(':') === 'stdin' || path.join(':') === '-'))
      return sourceOf(use, [...path, ...parts.slice(parts.length - n + 1)])
  }
  return null
}

const LOOKS_LIKE_MODES = /^[a-z]\d?-?m?(?:,[a-z]\d?-?m?)*$/i

function sourceOf(use: Source['use'], parts: readonly string[]): Source {
  const last = parts.at(-1) ?? ''
  const isProgram = parts[0] === 'exec' || parts[0]?.startsWith('CMD(')
  const modes = !isProgram && LOOKS_LIKE_MODES.test(last) && (parts.length > 1 || !existsSync(last)) ? modesIn(last) : undefined
  const place = modes ? parts.slice(0, -1) : parts
  const baudRate = baudRateIn(use, place)
  const path = place.slice(0, baudRate ? -1 : undefined).join(':')
  if (modes && isStream(use))
    throw failure('usage', `Link modes cannot be set for ${use}: whoever writes it decides what it hears. Leave ":${last}" out.`)
  return { use, at: path === '' ? null : placeOf(path), ...(modes && { modes }), ...(baudRate && { baudRate }) }
}

/** The speed behind a device path; undefined where there is none. */
function baudRateIn(use: Source['use'], place: readonly string[]): number | undefined {
  const last = place.at(-1) ?? ''
  if (place.length < 2 || !place[0]!.startsWith('/') || !/^\d+$/.test(last) || existsSync(place.join(':'))) return undefined
  if (use === 'auto') throw failure('usage', `auto asks every stick at its usual speed: leave ":${last}" out, or name the type`)
  const baudRate = Number(last)
  if (baudRate >= 300 && baudRate <= 1_000_000) return baudRate
  throw failure('usage', `"${last}" is no speed of a serial port: write one such as 9600, or leave it out`)
}

function modesIn(text: string): readonly LinkMode[] {
  const modes = text.toLowerCase().replaceAll('-', '').split(',')
  const unknown = modes.find((mode) => !(LINK_MODES as readonly string[]).includes(mode))
  if (unknown !== undefined) throw failure('usage', `"${unknown}" is no link mode: write some of ${LINK_MODES.join(', ')}`)
  return modes as LinkMode[]
}

const placeOf = (path: string): string => (path === '-' ? 'stdin' : path.replace(/^CMD\((.*)\)$/s, 'exec:$1'))

/**
 * Bytes that come to an end and that nobody answers: a file, a named pipe, standard input in place of a stick, a program; null where
 * the source is a port that stays. Fails where there is no such file. `tell`: why nothing came of a program.
 */
export function recordedPort(use: ReceiverSpec['use'], at: string, clock: Clock, tell: (text: string) => void): Port | null {
  if (at === 'stdin') return stdinPort
  const command = /^exec:\s*(\S.*)$/s.exec(at)?.[1]
  if (command)
    return programPort(
      command,
      clock,
      (words) => words === null || tell(`${at}: ended, and nothing came of it: ${words || 'it said nothing'}`),
    )
  if (/^[a-z-]+:\/\//i.test(at)) return null
  const found = statSync(at, { throwIfNoEntry: false })
  if (found?.isFile() || found?.isFIFO()) return filePort(at)
  if (found?.isCharacterDevice() || at.startsWith('/dev/')) return null
  throw failure('usage', `${use}: ${at}: ${found ? 'is no file and no device' : 'no such file or device'}. Write ${WAYS}, or a file`)
}
