import { bytes, type Emulator, hex } from './emulator.ts'

export function ebiFrame(...body: number[]): Uint8Array {
  const size = body.length + 3
  const frame = [size >> 8, size & 0xff, ...body]
  return Uint8Array.of(...frame, frame.reduce((a, b) => a + b) & 0xff)
}

/** What was quoted, and for the rest the answer that all give: the message with bit 7 set and the status 00. */
const ANSWERS: Readonly<Record<string, Uint8Array>> = {
  '00040105': bytes('0006 81 40 49 10'),
  '00040509': bytes('0005 85 00 8A 0005 84 10 99'),
  '0005100F24': ebiFrame(0x90, 0x00),
  '000511192F': ebiFrame(0x91, 0x00),
  '000511182E': ebiFrame(0x91, 0x00),
  '000511253B': ebiFrame(0x91, 0x00),
  '000613000019': ebiFrame(0x93, 0x00),
  '0006248000AA': ebiFrame(0xa4, 0x00),
  '00043135': ebiFrame(0xb1, 0x00),
}

const SHORTEST = 4
const LONGEST = 16

/** Embit EMB-WMB868. What cannot be the length of a request is taken for rubbish; what a real one does with that is not known. */
export const ebiEmulator = (): Emulator => ({
  hear(written) {
    if (written.length < 2) return null
    const used = (written[0]! << 8) | written[1]!
    if (used < SHORTEST || used > LONGEST) return { used: 1, reply: null }
    return written.length < used ? null : { used, reply: ANSWERS[hex(written.slice(0, used))] ?? null }
  },
  telegram: (telegram) => ebiFrame(0xe0, 0x80, 0x08, 0xce, 0x00, 0x01, 0x00, 0x00, ...telegram),
})
