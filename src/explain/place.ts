/** From offsets in the frame without CRCs to the bytes as received: every span gets its bytes, every CRC a leaf of its own. */
import { hexOf } from '../wmbus/value.ts'
import { type Block, crcOf, type Framing, isCrcRight } from './framing.ts'
import { type Branch, isBranch, type Leaf, type Span, type Walk } from './tree.ts'
import { hexWord } from './words.ts'

interface Place {
  readonly w: Walk
  readonly raw: Uint8Array
  readonly framing: Framing
}

const isOpened = ({ opened }: Walk, { from, to }: Span): boolean => opened.some(([first, last]) => from < last && to > first)

/** The bytes of a span that stand in one block. */
function piece({ w, raw }: Place, span: Span, block: Block): Leaf {
  const at = Math.max(span.from, block.at)
  const end = Math.min(span.to, block.at + block.to - block.from)
  const from = block.from + at - block.at
  const to = from + end - at
  const whole: Leaf = { ...span, from, to, bytes: hexOf(raw, from, to) }
  const leaf = isOpened(w, span) ? { ...whole, plain: hexOf(w.bytes, at, end) } : whole
  if (at === span.from) return leaf
  const { bits: _, note: __, ...rest } = leaf
  return { ...rest, value: 'continued' }
}

function crcLeaf({ raw, framing }: Place, block: Block): Leaf {
  const { to: from, crcTo: to } = block
  const value = to - from < 2 ? 'cut off' : isCrcRight(raw, block) ? 'right' : `wrong: of these bytes it is ${hexWord(crcOf(raw, block))}`
  const clause = `EN 13757-4, frame format ${framing.layout}`
  return { layer: 'dll', from, to, bytes: hexOf(raw, from, to), field: 'CRC', value, clause }
}

function leavesOfSpan(place: Place, span: Span): Leaf[] {
  return place.framing.blocks.flatMap((block) => {
    const blockEnd = block.at + block.to - block.from
    if (span.from >= blockEnd || span.to <= block.at) return []
    const leaf = piece(place, span, block)
    return leaf.to === block.to && block.crcTo > block.to ? [leaf, crcLeaf(place, block)] : [leaf]
  })
}

/** The same branch over the bytes as received. */
export function placed(place: Place, branch: Branch<Span>): Branch<Leaf> {
  const children = branch.children.flatMap((child): (Leaf | Branch<Leaf>)[] =>
    isBranch(child) ? [placed(place, child)] : leavesOfSpan(place, child),
  )
  return { ...branch, children }
}

const envelope = (raw: Uint8Array, from: number, to: number, field: string, value: string, clause: string): Leaf[] =>
  to > from ? [{ layer: 'dll', from, to, bytes: hexOf(raw, from, to), field, value, clause }] : []

const WIRED = 'EN 13757-2, long frame'

/** The bytes in front of a wired frame. */
export function startOf({ raw, framing }: Place): Leaf[] {
  if (framing.layout !== 'wired') return []
  return [
    ...envelope(raw, 0, 1, 'start', '68', WIRED),
    ...envelope(raw, 1, 3, 'L-field', `${raw[1]} bytes from the C-field on, said twice`, WIRED),
    ...envelope(raw, 3, 4, 'start', '68', WIRED),
  ]
}

function checksumWords(raw: Uint8Array, from: number, at: number): string {
  const sum = raw.subarray(from, at).reduce((total, byte) => total + byte, 0) & 0xff
  return sum === raw[at] ? 'right' : `wrong: of these bytes it is ${hexWord(sum).slice(2)}`
}

/** The bytes behind the frame: check sum and stop of a wired one, and what does not belong to it. */
export function endOf({ raw, framing }: Place): Leaf[] {
  const { layout, start, end } = framing
  const last = layout === 'wired' ? Math.min(end + 2, raw.length) : end
  const wired = [
    ...envelope(raw, end, Math.min(end + 1, last), 'checksum', checksumWords(raw, start, end), WIRED),
    ...envelope(raw, end + 1, last, 'stop', raw[end + 1] === 0x16 ? '16' : 'wrong: should be 16', WIRED),
  ]
  return [...(layout === 'wired' ? wired : []), ...envelope(raw, last, raw.length, 'behind the frame', 'no part of it', '')]
}
