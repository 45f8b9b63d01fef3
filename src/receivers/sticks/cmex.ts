import type { LinkMode } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { lineDialect } from '../streams/lines.ts'

const MODES: Readonly<Record<string, LinkMode>> = { S: 's1', T: 't1', Ca: 'c1', Cb: 'c1' }

/** Behind rubbish, too: number; maker, after a star where its bit 15 is set; version; type; status; dBm; mode; telegram from its L-field on. */
const LINE = /[0-9A-F]{8};.{4};[0-9A-F]{2};[0-9A-F]{2};[0-9A-F]{2}; *(-?\d{1,3}); ?(S|T|Ca|Cb);((?:[0-9A-F]{2})+);\s*$/i

/** Elvaco CMeX50 in its mode "hexdump, info and telegram": `00028954; ELV;20;1B;00; -83; T;57449615…0F;`. */
export const cmex = ({ receiver, losses }: DialectContext): Dialect =>
  lineDialect(
    losses,
    (line, heard) => {
      const [, rssi, mode = '', hex] = LINE.exec(line) ?? []
      if (hex === undefined) return 'unread'
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      return { bytes, crc: 'unknown', heard, receiver, rssi: Number(rssi), mode: MODES[mode] ?? null }
    },
    'passed over',
  )
