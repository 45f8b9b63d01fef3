import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { lineDialect } from './lines.ts'

/** One line `MODE;CRC_OK;3OUTOF6_OK;TIME;PACKET_RSSI;CURRENT_RSSI;ID;0xHEX` of rtl_wmbus. */
export interface RtlLine {
  readonly mode: LinkMode
  readonly crcRight: boolean
  /** Local time of the machine that wrote the line, or UTC where it ends in Z. */
  readonly time: string
  readonly rssi: number | null
  /** Without CRCs; empty where the program printed none. */
  readonly bytes: Uint8Array
}

const MODES: Readonly<Record<string, LinkMode>> = { T1: 't1', C1: 'c1', S1: 's1' }

/** Null where the line is something else: rtl_wmbus and rtl_sdr mix other text in. */
export function parseRtlLine(line: string): RtlLine | null {
  const fields = line.trim().split(';')
  // With -v the name of the algorithm stands in front: t2a or rla.
  const [mode = '', crc, , time = '', packetRssi = '', currentRssi, , data = ''] = MODES[fields[0]!] ? fields : fields.slice(1)
  const hex = /^0x((?:[0-9a-f]{2})*)$/i.exec(data)?.[1]
  const linkMode = MODES[mode]
  if (linkMode === undefined || hex === undefined) return null
  // rtl_wmbus tells a magnitude. ESP32 firmware that writes the same lines leaves the second field empty and tells dBm in the first.
  const rssi = currentRssi === '' && /^-\d+(?:\.\d+)?$/.test(packetRssi) ? Number(packetRssi) : null
  return { mode: linkMode, crcRight: crc === '1', time, rssi, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) }
}

/** The telegram of a line, or null where it has none to trust. */
export const telegramOfRtlLine = (line: RtlLine, heard: Heard, receiver: string): Telegram | null =>
  line.crcRight && line.bytes.length > 0 ? { bytes: line.bytes, crc: 'stripped', heard, receiver, rssi: line.rssi, mode: line.mode } : null

/** The output of rtl_wmbus, live: a line is heard when it arrives, whatever time it tells. Lines cut short are not read. */
export const rtlWmbus = ({ receiver, losses }: DialectContext): Dialect =>
  lineDialect(
    losses,
    (text, heard) => {
      const line = parseRtlLine(text)
      if (line === null) return 'unread'
      return telegramOfRtlLine(line, heard, receiver) ?? (line.crcRight ? 'unread' : 'bad checksum')
    },
    'passed over',
  )
