/** Which of the received bytes are the frame, and which its CRCs: the map between offsets with and without them. */
import { crc16 } from '../wmbus/crc.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { looksWired } from '../wmbus/frame.ts'
import type { CrcLayout } from '../wmbus/telegram.ts'

export type Layout = 'A' | 'B' | 'stripped' | 'wired'

/** A run of frame bytes and the CRC behind it. */
export interface Block {
  /** Offset of its first byte in the frame without CRCs. */
  readonly at: number
  /** Its bytes among the received ones, [from, to), and the end of its CRC; `to` where it has none. */
  readonly from: number
  readonly to: number
  readonly crcTo: number
}

/** Bytes in front, the blocks, and bytes behind: together all that was received. Blocks follow each other without a gap. */
export interface Framing {
  readonly layout: Layout
  readonly blocks: readonly Block[]
  readonly start: number
  readonly end: number
}

const SHORTEST = 11
const FIRST_OF_A = 10
const BLOCK_OF_A = 16
const FIRST_OF_B = 128
const CRC = 2
const WIRED_START = 4

/** Cuts [from, to) and its CRC off the bytes that came, be there fewer or not. */
function blocksOf(received: number, cuts: readonly (readonly [to: number, crcTo: number])[], start = 0): Block[] {
  const blocks: Block[] = []
  let [at, from] = [0, start]
  for (const cut of cuts) {
    const [to, crcTo] = [Math.min(cut[0], received), Math.min(cut[1], received)]
    if (to <= from) break
    blocks.push({ at, from, to, crcTo })
    at += to - from
    from = crcTo
  }
  return blocks
}

function cutsOfA(length: number): (readonly [number, number])[] {
  const cuts: (readonly [number, number])[] = []
  for (let taken = 0, from = 0; taken < length; from = cuts.at(-1)![1]) {
    const size = Math.min(taken === 0 ? FIRST_OF_A : BLOCK_OF_A, length - taken)
    taken += size
    cuts.push([from + size, from + size + CRC])
  }
  return cuts
}

function cutsOfB(length: number): (readonly [number, number])[] {
  const firstEnd = Math.min(length, FIRST_OF_B)
  const first = [firstEnd - CRC, firstEnd] as const
  return length > FIRST_OF_B ? [first, [length - CRC, length]] : [first]
}

function cutsOf(raw: Uint8Array, layout: Layout): readonly (readonly [to: number, crcTo: number])[] {
  const length = raw[0]! + 1
  if (layout === 'wired') return [[WIRED_START + raw[1]!, WIRED_START + raw[1]!]]
  if (length < SHORTEST) return [[raw.length, raw.length]]
  if (layout === 'A') return cutsOfA(length)
  return layout === 'B' ? cutsOfB(length) : [[length, length]]
}

/** The blocks of a layout, over whatever bytes came. */
export function framingOf(raw: Uint8Array, layout: Layout): Framing {
  const start = layout === 'wired' ? WIRED_START : 0
  const blocks = blocksOf(raw.length, raw.length === 0 ? [] : cutsOf(raw, layout), start)
  return { layout, blocks, start, end: blocks.at(-1)?.crcTo ?? start }
}

/** The frame without CRCs, encrypted as it came. */
export function withoutCrcs(raw: Uint8Array, { blocks }: Framing): Uint8Array {
  const last = blocks.at(-1)
  const bytes = new Uint8Array(last ? last.at + last.to - last.from : 0)
  for (const { at, from, to } of blocks) bytes.set(raw.subarray(from, to), at)
  return bytes
}

/** The CRC that belongs behind these bytes. */
export const crcOf = (raw: Uint8Array, { from, to }: Block): number => crc16(raw, from, to)

export const isCrcRight = (raw: Uint8Array, block: Block): boolean =>
  block.crcTo - block.to === CRC && crcOf(raw, block) === ((raw[block.to]! << 8) | raw[block.to + 1]!)

/** Whether the first ten bytes are a block of format A: by chance they are one in 65,536 times. */
export function startsAsA(raw: Uint8Array): boolean {
  const [first] = raw.length < SHORTEST ? [] : framingOf(raw, 'A').blocks
  return first !== undefined && isCrcRight(raw, first)
}

/** The layout that the codec found, or for a broken frame the one that it most likely had. */
export function layoutOf(raw: Uint8Array, stated: CrcLayout, d: Datagram): Layout {
  if (stated === 'wired' || stated === 'unknown') if (looksWired(raw)) return 'wired'
  if (stated === 'A' || stated === 'B') return stated
  if (stated === 'stripped' || stated === 'wired' || d.notes.includes('dll.unprotected')) return 'stripped'
  if (d.bytes.length === 0) return startsAsA(raw) ? 'A' : stated === 'AorB' ? 'B' : 'stripped'
  // Both were checked; only format B's L-field had to be corrected for the CRCs it counts.
  return d.bytes[0] === raw[0] ? 'A' : 'B'
}
