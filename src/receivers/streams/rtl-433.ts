import { crc16 } from '../../wmbus/crc.ts'
import type { Heard, LinkMode, Telegram } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { lineDialect } from './lines.ts'

const MODES: Readonly<Record<string, LinkMode>> = { T: 't1', C: 'c1', S: 's1' }
const HEX = /^(?:[0-9a-f]{2})+$/i

/** The telegram of one line of `rtl_433 -F json`, or null: another sensor, other text, or bytes this version of rtl_433 has spoilt. */
export function telegramOfRtl433Line(line: string, heard: Heard, receiver: string): Telegram | null {
  const { model, mode, data, mic } = objectIn(line)
  if (model !== 'Wireless-MBus' || mic !== 'CRC' || typeof data !== 'string' || !HEX.test(data)) return null
  const bytes = asSent(Uint8Array.from(Buffer.from(data, 'hex')))
  // Its "rssi" is below full scale of the receiver's converter, not dBm.
  return bytes && { bytes, crc: 'stripped', heard, receiver, rssi: null, mode: MODES[String(mode)] ?? null }
}

function objectIn(line: string): Readonly<Partial<Record<'model' | 'mode' | 'data' | 'mic', unknown>>> {
  if (!line.includes('Wireless-MBus')) return {}
  try {
    return JSON.parse(line) ?? {}
  } catch {
    return {}
  }
}

/** Of format B as received: a frame whose L-field is greater has two CRCs. */
const LONGEST_WITH_ONE_CRC = 127

/**
 * The CRC-free telegram with its true L-field, or null where bytes are lost. What versions of rtl_433 make of a telegram (tried with
 * 22.11 and 25.12, and read in the sources of those between):
 *
 * | versions | frame format A | format B, one CRC | format B, two CRCs |
 * |---|---|---|---|
 * | to 23.11 | L − 2, and the last block's CRC stays | exact | wrong bytes |
 * | 24.10 | exact | L + 2, the last two bytes are missing | wrong bytes |
 * | from 25.02 | exact | L + 2 | wrong bytes |
 */
function asSent(bytes: Uint8Array): Uint8Array | null {
  const over = bytes.length - 1 - bytes[0]!
  if (over === 0) return bytes
  if (over === 4 && endsWithCrc(bytes)) return withLength(bytes.subarray(0, -2))
  if (over === -2 && bytes[0]! <= LONGEST_WITH_ONE_CRC) return withLength(bytes)
  return null
}

function withLength(bytes: Uint8Array): Uint8Array {
  bytes[0] = bytes.length - 1
  return bytes
}

const FIRST_BLOCK = 10
const BLOCK = 16

/** Whether the last two bytes are the CRC of the last block of a format A frame whose other CRCs were taken out. */
function endsWithCrc(bytes: Uint8Array): boolean {
  const end = bytes.length - 2
  if (end <= FIRST_BLOCK) return false
  const from = end - 1 - ((end - 1 - FIRST_BLOCK) % BLOCK)
  return crc16(bytes, from, end) === ((bytes[end]! << 8) | bytes[end + 1]!)
}

/** The output of `rtl_433 -F json`, live: a line is heard when it arrives, whatever time it tells. Lines cut short are not read. */
export const rtl433 = ({ receiver, losses }: DialectContext): Dialect =>
  lineDialect(losses, (line, heard) => telegramOfRtl433Line(line, heard, receiver) ?? 'unread', 'passed over')
