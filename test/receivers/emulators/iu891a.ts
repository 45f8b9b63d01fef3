import { bytes, type Emulator, hex } from './emulator.ts'

/** CRC-16/X-25, bit by bit. */
function crc(content: readonly number[]): readonly [number, number] {
  let sum = 0xffff
  for (const byte of content) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x8408 : sum >>> 1
  }
  return [~sum & 0xff, (~sum >>> 8) & 0xff]
}

export const slipFrame = (...content: number[]): Uint8Array =>
  Uint8Array.of(
    0xc0,
    ...[...content, ...crc(content)].flatMap((byte) => (byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte])),
    0xc0,
  )

/** What it is set to when it is asked for the first time: nothing heard, nothing told to the host. */
const CONFIG = [0x00, 0x04, 0x00, 0x00, 0x00, 0x32, 0x00, 0x00, 0x00, 0x00, 0x00]

/**
 * IMST iU891A-XL. The ping's and the set configuration's answers are quoted; those of the device info (module type, then a number) and
 * of the configuration (a status, then what was asked for) are made from their description.
 */
export function iu891aEmulator({ module = 0x6e } = {}): Emulator & { config(): string } {
  let config = CONFIG
  const answer = (request: string): Uint8Array | null => {
    if (request === 'C001011607C0') return bytes('C0 01 02 00 A0 AF C0')
    if (request === 'C001030424C0') return slipFrame(0x01, 0x04, 0x00, module, 0x78, 0x56, 0x34, 0x12)
    if (request === 'C001072062C0') return slipFrame(0x01, 0x08, 0x00)
    if (request === 'C00901D6C9C0') return slipFrame(0x09, 0x02, 0x00, ...config)
    const set = /^C00903((?:..){11})....C0$/.exec(request)
    if (!set) return null
    config = [...bytes(set[1]!)]
    return bytes('C0 09 04 00 B2 3D C0')
  }
  return {
    config: () => hex(Uint8Array.from(config)),
    hear(written) {
      if (written.length > 1 && written[0] === 0xc0 && written[1] === 0xc0) return { used: 1, reply: null }
      const end = written.indexOf(0xc0, 1)
      return end < 0 ? null : { used: end + 1, reply: answer(hex(written.slice(0, end + 1))) }
    },
    telegram: (telegram) => slipFrame(0x09, 0x20, 0x9f, 0x43, 0x6d, 0x38, 0x00, 0x00, 0x02, 0xce, ...telegram),
  }
}
