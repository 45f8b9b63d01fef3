/** Files of programs that read a modem themselves: smstools3 (manual, "File format of incoming SMS") and gammu-smsd (files backend). */
import type { ReadMessage } from './pdu/deliver.ts'

export type SpoolFormat = 'smstools3' | 'gammu'

/** A message with the time as the file has it: local and without zone, or with one. */
export interface SpoolMessage extends Pick<ReadMessage, 'from' | 'text' | 'data'> {
  readonly time: string | null
}

/** Null where the file is none of this program. */
export type ReadSpoolFile = (name: string, bytes: Uint8Array) => SpoolMessage | null

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

/** Headers, an empty line, the message. */
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
  return { from: international && !from.startsWith('+') ? `+${from}` : from, time, ...message, ...(text !== undefined && { text }) }
}

/** `20261124T061530`, with a zone or without. */
const compactTime = (text: string | undefined): string | null => {
  const [, y, m, d, hour, minute, second, zone] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)([+-]\d{2}:?\d{2})?/.exec(text ?? '') ?? []
  if (y === undefined) return null
  return `${y}-${m}-${d}T${hour}:${minute}:${second}${zone === undefined ? '' : zone.replace(/(\d\d):?(\d\d)$/, '$1:$2')}`
}

const NAME = /^IN(\d{8})_(\d{6})_\d+_(.+)_\d+\.(?:txt|smsbackup)$/

/** `inboxformat = detail`: keys and values, the message in hexadecimal; else the file is the text, and its name tells the rest. */
const gammu: ReadSpoolFile = (name, bytes) => {
  const [, date, time, sender] = NAME.exec(name) ?? []
  if (sender === undefined) return null
  const text = latin(bytes)
  if (!text.includes('[SMSBackup000]')) {
    const isWide = bytes.length % 2 === 0 && bytes.length > 1 && (bytes[0] === 0 || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return { from: sender, time: compactTime(`${date}T${time}`), text: new TextDecoder(isWide ? 'utf-16be' : 'utf-8').decode(bytes) }
  }
  const fields = Object.fromEntries([...text.matchAll(/^(\w+) = "?(.*?)"?\r?$/gm)].map(([, key, value]) => [key!, value!]))
  const hex = Object.keys(fields).filter((key) => /^Text\d\d$/.test(key))
  const content = Uint8Array.from(
    Buffer.from(
      hex
        .sort()
        .map((key) => fields[key])
        .join(''),
      'hex',
    ),
  )
  const body = fields['Coding'] === '8bit' ? { data: content } : { text: new TextDecoder('utf-16be').decode(content) }
  return { from: fields['Number'] ?? sender, time: compactTime(fields['DateTime']) ?? compactTime(`${date}T${time}`), ...body }
}

export const SPOOL_FORMATS: Readonly<Record<SpoolFormat, ReadSpoolFile>> = { smstools3: smstools, gammu }
