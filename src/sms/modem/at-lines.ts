/**
 * Bytes of a modem as lines. Modems glue lines together (`OK+CMTI: "SM",3`), cut them, and drop what they were told not to say
 * into the middle of an answer; whatever it is, it comes out as lines.
 */

/** More than any line a modem sends: a PDU of 176 octets has 352 digits. */
const LONGEST = 4096

/** A line that two were glued into: hexadecimal and what is none, a result and what follows, what precedes a result or a report. */
const SEAMS: readonly RegExp[] = [
  /^([0-9A-Fa-f]{20,})(?=[^0-9A-Fa-f])(.+)$/,
  /^(OK|ERROR|\+CM[ES] ERROR: ?\d+)(?=[+^A-Z])(.+)$/,
  /^([+^][A-Z][^"]*(?:"[^"]*"[^"]*)*?)([+^][A-Z]{2,}[A-Z0-9]*:.*)$/,
  /^([+^].*[0-9"])(OK)$/,
]

function unglued(line: string): string[] {
  for (const seam of SEAMS) {
    const [, first, rest] = seam.exec(line) ?? []
    if (first !== undefined && rest !== undefined) return [first, ...unglued(rest)]
  }
  return [line]
}

export interface AtLines {
  /** The lines these bytes complete, without their ends; `>` for the prompt that asks for a message. */
  feed(bytes: Uint8Array): readonly string[]
}

export function atLines(): AtLines {
  let rest = ''
  return {
    feed(bytes) {
      const pieces = (rest + Buffer.from(bytes).toString('latin1')).split(/[\r\n\0]+/)
      rest = pieces.pop()!.slice(-LONGEST)
      const lines = pieces.flatMap((piece) => unglued(piece.trim())).filter((line) => line !== '')
      if (rest.trim() !== '>') return lines
      rest = ''
      return [...lines, '>']
    },
  }
}
