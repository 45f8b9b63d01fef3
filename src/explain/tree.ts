/** The shape of an explanation: layers over leaves, and how a layer's fields are laid over the bytes. */
import type { Datagram } from '../wmbus/datagram.ts'
import type { Fault } from '../wmbus/fault.ts'
import { type BitRow, type Bits, bitsOf } from './bits.ts'
import { numberOf } from './words.ts'

export type Layer = 'telegram' | 'dll' | 'ell' | 'nwl' | 'afl' | 'tpl' | 'apl' | 'rest'

/** Bytes that mean one thing. Offsets are those of the frame without its CRCs. */
export interface Span {
  readonly layer: Layer
  readonly from: number
  readonly to: number
  readonly field: string
  /** What the bytes say, in words; `continued` where they continue what stands before a CRC. */
  readonly value: string
  /** Where the standard describes the field; empty for bytes that nobody read. */
  readonly clause: string
  readonly bits?: readonly Bits[]
  readonly note?: string
}

/** A span among the bytes as received: offsets count every byte from the first one. */
export interface Leaf extends Span {
  /** As received, in hex. */
  readonly bytes: string
  /** What they decrypt to, where they were encrypted and the key opened them. */
  readonly plain?: string
  /** The fault that struck here. */
  readonly fault?: Fault
}

/** A layer, or a part of one. */
export interface Branch<L> {
  readonly layer: Layer
  readonly label: string
  readonly children: readonly (L | Branch<L>)[]
}

export const isBranch = <L extends Span>(node: L | Branch<L>): node is Branch<L> => 'children' in node

/** The leaves below a node, in order. */
export function* leavesOf<L extends Span>(node: L | Branch<L>): Generator<L> {
  if (!isBranch(node)) yield node
  else for (const child of node.children) yield* leavesOf(child)
}

/** One field of a layer, as the standard's tables list them. */
export interface Field {
  readonly size: number
  readonly field: string
  readonly clause: string
  /** What its bytes say, all of them being there. */
  readonly say: (bytes: Uint8Array) => string
  /** Its bits, the bytes read as one little-endian number. */
  readonly bits?: readonly BitRow[] | undefined
  readonly note?: string | undefined
}

/** The walk over one datagram's bytes: every part of an explanation starts where the one before it ended. */
export interface Walk {
  readonly d: Datagram
  /** The frame without CRCs, with every layer opened that the key opens; a compact frame as it was received. */
  readonly bytes: Uint8Array
  pos: number
  /** End of what belongs to the message: behind it stand an authentication tag and what was cut off. */
  readonly end: number
  /** How far the codec came, where it met a fault: what stands from here on was not read. */
  readonly stop: number
  /** Ranges that were encrypted and are open. */
  readonly opened: [from: number, to: number][]
}

/** Whether the codec stopped here, or before. */
export const stopped = (w: Walk): boolean => w.pos >= w.stop

/** Lays fields over the bytes, one behind the other, as far as there are bytes. */
export function lay(w: Walk, layer: Layer, fields: readonly Field[]): Span[] {
  const spans: Span[] = []
  for (const { size, field, clause, say, bits, note } of fields) {
    if (size === 0) continue
    const from = w.pos
    w.pos = Math.min(from + size, w.end)
    if (w.pos === from) break
    const own = w.bytes.subarray(from, w.pos)
    const isWhole = own.length === size
    const groups = isWhole && bits ? bitsOf(numberOf(own), 8 * size, bits) : []
    spans.push({
      layer,
      from,
      to: w.pos,
      field,
      value: isWhole ? say(own) : `cut off: ${own.length} of ${size} bytes`,
      clause,
      ...(groups.length === 0 ? {} : { bits: groups }),
      ...(note === undefined ? {} : { note }),
    })
    if (!isWhole) break
  }
  return spans
}

/** All bytes up to `to` as one span, or none where there are none. */
export function block(w: Walk, to: number, layer: Layer, field: string, value: string, clause = ''): Span[] {
  return to > w.pos ? lay(w, layer, [{ size: to - w.pos, field, clause, say: () => value }]) : []
}
