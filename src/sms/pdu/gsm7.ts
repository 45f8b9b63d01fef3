/** The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1). */

/** One character per code; code 0x1B leads to the extension table. */
const DEFAULT =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'

const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
])

const ESCAPE = 0x1b

/** Unpacks `count` septets that begin `skipBits` into the bytes (23.038 §6.1.2.1); null where the bytes end before them. */
export function unpackSeptets(bytes: Uint8Array, count: number, skipBits = 0): Uint8Array | null {
  if (skipBits + 7 * count > 8 * bytes.length) return null
  const septets = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const bit = skipBits + 7 * i
    const at = bit >> 3
    septets[i] = (((bytes[at]! | ((bytes[at + 1] ?? 0) << 8)) >> (bit & 7)) & 0x7f) as number
  }
  return septets
}

/** Packs septets behind `skipBits` fill bits, which are zero. */
export function packSeptets(septets: Uint8Array, skipBits = 0): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((skipBits + 7 * septets.length) / 8))
  for (const [i, septet] of septets.entries()) {
    const bit = skipBits + 7 * i
    const wide = septet << (bit & 7)
    bytes[bit >> 3]! |= wide & 0xff
    if (wide > 0xff) bytes[(bit >> 3) + 1]! |= wide >> 8
  }
  return bytes
}

/** Septets as text. A code the extension table does not have is read from the default table, as the standard demands. */
export function gsm7Text(septets: Uint8Array): string {
  let text = ''
  for (let i = 0; i < septets.length; i++) {
    const code = septets[i]!
    if (code !== ESCAPE) text += DEFAULT[code]
    else {
      const next = septets[++i]
      // An escape at the very end stands for nothing; an escape behind an escape is kept for tables to come, and is a space.
      if (next !== undefined) text += next === ESCAPE ? ' ' : (EXTENSION.get(next) ?? DEFAULT[next])
    }
  }
  return text
}

const CODES: ReadonlyMap<string, readonly number[]> = new Map([
  ...[...DEFAULT].map((character, code): [string, number[]] => [character, [code]]).filter(([, [code]]) => code !== ESCAPE),
  ...[...EXTENSION].map(([code, character]): [string, number[]] => [character, [ESCAPE, code]]),
])

/** Text as septets, or null where a character is in neither table. */
export function gsm7Septets(text: string): Uint8Array | null {
  const codes: number[] = []
  for (const character of text) {
    const code = CODES.get(character)
    if (code === undefined) return null
    codes.push(...code)
  }
  return Uint8Array.from(codes)
}
