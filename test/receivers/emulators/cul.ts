import { type Emulator, hex } from './emulator.ts'

/** CRC-16 of EN 13757-4, bit by bit. */
function crc(block: Uint8Array): readonly [number, number] {
  let sum = 0
  for (const byte of block) {
    sum ^= byte << 8
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? ((sum << 1) ^ 0x3d65) & 0xffff : sum << 1
  }
  return [(~sum >>> 8) & 0xff, ~sum & 0xff]
}

/** A telegram with the CRCs of format A. */
function withCrcs(telegram: Uint8Array): Uint8Array {
  const out: number[] = []
  for (let at = 0; at < telegram.length; ) {
    const block = telegram.subarray(at, at + (at === 0 ? 10 : 16))
    out.push(...block, ...crc(block))
    at += block.length
  }
  return Uint8Array.from(out)
}

export const text = (line: string): Uint8Array => Uint8Array.from(Buffer.from(line, 'latin1'))

const CULFW = 'V 1.67 nanoCUL868_r568'
const USAGE = 'B b C e F G K l M R t T V W X x'
const MODES: Readonly<Record<string, string>> = { brt: 'TMODE', brs: 'SMODE', brc: 'CMODE', brx: 'OFF' }

/** A CUL. `modes`: the commands that its firmware was built with; to others it says that it does not know them. */
export function culEmulator({ version = CULFW, modes = Object.keys(MODES), rubbish = '' } = {}): Emulator {
  let pending = rubbish
  let quality = false
  const answer = (command: string): string | null => {
    const whole = pending + command
    pending = ''
    if (whole === 'V') return version
    if (modes.includes(whole)) return MODES[whole]!
    if (whole === 'X21' || whole === 'X01') {
      quality = whole === 'X21'
      return null
    }
    return `? (${whole} is unknown) Use one of ${USAGE}`
  }
  return {
    hear(written) {
      const end = written.indexOf(10)
      if (end < 0) return null
      const reply = answer(Buffer.from(written.subarray(0, end)).toString('latin1').trim())
      return { used: end + 1, reply: reply === null ? null : text(`${reply}\r\n`) }
    },
    telegram: (telegram) => text(`b${hex(withCrcs(telegram))}${quality ? '8630' : ''}\r\n`),
  }
}
