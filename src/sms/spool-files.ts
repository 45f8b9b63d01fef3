/** Files of programs that read a modem themselves: smstools3 (manual, "File format of incoming SMS") and gammu-smsd (files backend). */
import type { ReadMessage } from './pdu/deliver.ts'

export type SpoolFormat = 'smstools3' | 'gammu'

/** A message with the time as the file has it: local and without zone, or with one. */
export interface SpoolMessage extends Omit<ReadMessage, 'at'> {
  readonly time: string | null
}

/** The message of a file, or what it holds of one's parts; null where it is none of this program. */
export type ReadSpoolFile = (name: string, bytes: Uint8Array) => readonly SpoolMessage[] | null

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** `26-11-24 06:15:30` */
const shortTime = (text: string | undefined): string | null => {
  const [, date, time] = /^(\d\d-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text?.trim() ?? '') ?? []
  return date === undefined ? null : `20${date}T${time}`
}

/** What smstools3 calls alphabets; ISO is ISO 8859-15, of which meters send the part that is ISO 8859-1, too. */
const ALPHABETS: Readonly<Record<string, (bytes: Uint8Array) => Pick<SpoolMessage, 'text' | 'data'>>> = {
  ISO: (bytes) => ({ text: new TextDecoder('iso-8859-15').decode(bytes) }),
  'UTF-8': (bytes) => ({ text: new TextDecoder().decode(bytes) }),
  UCS2: (bytes) => ({ text: new TextDecoder('utf-16be').decode(bytes) }),
  UCS: (bytes) => ({ text: new TextDecoder('utf-16be').decode(bytes) }),
  BINARY: (bytes) => ({ data: bytes.slice() }),
}

/** Headers, an empty line, the message; of a part that it did not join (`internal_combine = no`) the user data header in one of them. */
const smstools: ReadSpoolFile = (_, bytes) => {
  const end = latin(bytes).search(/\r?\n\r?\n/)
  if (end < 0) return null
  const head = latin(bytes.subarray(0, end))
  const headers = Object.fromEntries(
    [...head.matchAll(/^([A-Za-z_-]+): *(.*?)\r?$/gm)].map(([, name, value]) => [name!.toLowerCase(), value!]),
  )
  const { from } = headers
  const read = ALPHABETS[headers['alphabet']?.toUpperCase() ?? 'ISO']
  if (from === undefined || read === undefined) return null
  const body = bytes.subarray(
    end +
      latin(bytes)
        .slice(end)
        .match(/^\r?\n\r?\n/)![0].length,
  )
  const international = headers['from_toa']?.startsWith('91') ?? /^\d{9,}$/.test(from)
  const message = read(body)
  const text = message.text?.replace(/\r?\n$/, '')
  const time = shortTime(headers['sent'])
  const udh = headers['udh-data']
  const part = udh === undefined ? {} : { header: octets(udh.replaceAll(' ', '')).slice(1) }
  return [
    { from: international && !from.startsWith('+') ? `+${from}` : from, time, ...message, ...(text !== undefined && { text }), ...part },
  ]
}

/** `20261124T061530`, local; `Z` behind it is a service centre that has no zone. */
const compactTime = (text: string | undefined): string | null => {
  const [, y, m, d, hour, minute, second, zone] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)$/.exec(text ?? '') ?? []
  return y === undefined ? null : `${y}-${m}-${d}T${hour}:${minute}:${second}${zone === 'Z' ? '+00:00' : ''}`
}

const NAME = /^IN\d{8}_\d{6}_\d+_.+_\d+\.(?:txt|bin|smsbackup)$/
const SECTION = /^\[SMSBackup\d+\]\r?$/m

/** Behind a zero stands what was in its memory before: gammu counts a character of the extension table as two (1.42.0). */
const wordsOf = (content: Uint8Array): string => new TextDecoder('utf-16be').decode(content).split('\0', 1)[0]!

/** A section is one PDU: keys and values, the words in UCS-2, 8-bit data as it is, in hexadecimal on several lines. */
function gammuSection(section: string): SpoolMessage | null {
  const fields = Object.fromEntries([...section.matchAll(/^(\w+) = "?(.*?)"?\r?$/gm)].map(([, key, value]) => [key!, value!]))
  const { Number: from, Coding, UDH, DateTime } = fields
  if (from === undefined || Coding === undefined) return null
  const lines = Object.keys(fields).filter((key) => /^Text\d\d$/.test(key))
  const content = octets(
    lines
      .sort()
      .map((key) => fields[key])
      .join(''),
  )
  const body = Coding === '8bit' ? { data: content } : { text: wordsOf(content) }
  return { from, time: compactTime(DateTime), ...body, ...(UDH && { header: octets(UDH).slice(1) }) }
}

/**
 * `inboxformat = detail`: a section for each part that came. The other formats have a file for each part and do not say how many there
 * are: half a message would be one.
 */
const gammu: ReadSpoolFile = (name, bytes) => {
  const [, ...sections] = NAME.test(name) ? latin(bytes).split(SECTION) : []
  const messages = sections.map(gammuSection)
  return messages.length > 0 && messages.every((message) => message !== null) ? messages : null
}

interface Format {
  readonly read: ReadSpoolFile
  /** What the program must be told so that its files can be read. */
  readonly hint: string
  /** Files it keeps there for itself. */
  readonly own: RegExp | null
}

export const SPOOL_FORMATS: Readonly<Record<SpoolFormat, Format>> = {
  // Parts whose others have not come.
  smstools3: { read: smstools, hint: '', own: /-concatenated$/ },
  gammu: { read: gammu, hint: ' as inboxformat = detail writes it', own: null },
}
