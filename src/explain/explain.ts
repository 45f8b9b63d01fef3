/** Every byte of a telegram accounted for, layer by layer: the finished datagram and the bytes as received, side by side. */
import { decoderFor, type Registry } from '../decoders/index.ts'
import { explainRecords } from '../decoders/interpret.ts'
import { identify } from '../identity.ts'
import { type Layer as CiLayer, ciOf } from '../wmbus/ci.ts'
import type { FormatOf } from '../wmbus/compact.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { decode } from '../wmbus/decode.ts'
import { FAULTS, type Fault, NOTES } from '../wmbus/fault.ts'
import { shippedFormat } from '../wmbus/formats.ts'
import type { Key } from '../wmbus/security.ts'
import type { CrcLayout } from '../wmbus/telegram.ts'
import { aflBranch } from './afl.ts'
import { aplBranch } from './apl.ts'
import { ciField } from './ci.ts'
import { dllBranch, notRead } from './dll.ts'
import { ellBranch } from './ell.ts'
import { adviceOf, struckBy } from './faults.ts'
import { framingOf, layoutOf, startsAsA, withoutCrcs } from './framing.ts'
import { endOf, placed, startOf } from './place.ts'
import { tagFields, tplBranch } from './tpl.ts'
import { type Branch, block, isBranch, type Leaf, lay, leavesOf, type Span, stopped, type Walk } from './tree.ts'
import { addressWords } from './words.ts'

/** A telegram's tree; its leaves are all bytes as received, from the first to the last, each once. */
export interface Explanation extends Branch<Leaf> {
  readonly fault?: { readonly code: Fault; readonly message: string; readonly advice: string }
  readonly notes: readonly string[]
}

/** What there is to say of a text that is no bytes. */
export const explainNoHex = (): Explanation => ({
  layer: 'telegram',
  label: 'no telegram',
  fault: faultOf('frame.hex'),
  notes: [],
  children: [],
})

const faultOf = (code: Fault): NonNullable<Explanation['fault']> => ({ code, message: FAULTS[code], advice: adviceOf(code) })

/** Decodes and explains, whatever the bytes are. Never throws. */
export function explain(
  raw: Uint8Array,
  stated: CrcLayout,
  key: Key | null,
  formatOf: FormatOf = shippedFormat,
  registry?: Registry,
): Explanation {
  const loose = decode(raw, stated, key, formatOf)
  // Loose hex that is broken and starts with a right CRC is a damaged frame of format A, not one without CRCs.
  const crc = stated === 'unknown' && loose.fault !== null && startsAsA(raw) ? 'A' : stated
  const d = crc === stated ? loose : decode(raw, crc, key, formatOf)
  // Without formats, a compact frame is opened but stays what it was received as.
  const received = decode(raw, crc, key, () => undefined)
  const address = identify(d)
  if (address) explainRecords(decoderFor(address, registry), d.records)
  const tree = build(raw, crc, d, received)
  return {
    layer: 'telegram',
    label: address ? addressWords(address) : 'no address',
    ...(d.fault === null ? {} : { fault: faultOf(d.fault) }),
    notes: d.notes.map((note) => `${note}: ${NOTES[note]}`),
    children: d.fault === null ? tree : marked(tree, d.fault),
  }
}

function build(raw: Uint8Array, crc: CrcLayout, d: Datagram, received: Datagram): Branch<Leaf>[] {
  const framing = framingOf(raw, layoutOf(raw, crc, d))
  const sealed = withoutCrcs(raw, framing)
  const isFramed = received.bytes.length === sealed.length
  const w: Walk = {
    d,
    bytes: isFramed ? received.bytes : sealed,
    pos: 0,
    end: isFramed ? received.end : sealed.length,
    stop: d.fault === null ? Number.POSITIVE_INFINITY : isFramed ? received.pos : 0,
    opened: [],
  }
  const place = { w, raw, framing }
  const dll = placed(place, dllBranch(w, raw, framing.layout === 'wired'))
  const branches = [
    { ...dll, children: [...startOf(place), ...dll.children] },
    ...layers(w).map((branch) => placed(place, branch)),
    { layer: 'dll', label: 'End of the frame', children: endOf(place) } as const,
  ]
  return branches.filter(({ children }) => children.length > 0)
}

const LAYERS: Readonly<Record<Exclude<CiLayer, 'apl'>, (w: Walk) => Branch<Span>>> = {
  ell: ellBranch,
  afl: aflBranch,
  nwl: (w) => ({ layer: 'nwl', label: 'Network layer · EN 13757-5', children: lay(w, 'nwl', [ciField(false)]) }),
}

/** Layer by layer behind the data link, as far as the codec came; then what it did not read. */
function layers(w: Walk): Branch<Span>[] {
  const branches: Branch<Span>[] = []
  while (!stopped(w) && w.pos < w.end) {
    const { layer } = ciOf(w.bytes[w.pos]!)
    if (layer === 'apl') break
    branches.push(LAYERS[layer](w))
  }
  if (!stopped(w) && w.pos < w.end) branches.push(tplBranch(w))
  if (w.d.tpl && (!stopped(w) || w.d.fault?.startsWith('apl.'))) branches.push(aplBranch(w))
  branches.push({ layer: 'rest', label: 'Not read', children: notRead(w) })
  return [...branches, { layer: 'tpl', label: 'End of the message', children: remainder(w) }]
}

/** The tag of mode 10, and what the extended link layer's CRC left out. */
function remainder(w: Walk): Span[] {
  const behind: Walk = { ...w, end: w.bytes.length }
  return [...lay(behind, 'tpl', tagFields(w.d)), ...block(behind, behind.end, 'dll', 'behind the message', 'left over of a CRC')]
}

function marked(tree: readonly Branch<Leaf>[], fault: Fault): Branch<Leaf>[] {
  const leaves = tree.flatMap((branch) => [...leavesOf(branch)])
  const struck = struckBy(fault, leaves)
  const mark = (branch: Branch<Leaf>): Branch<Leaf> => ({
    ...branch,
    children: branch.children.map((child) => (isBranch(child) ? mark(child) : child === struck ? { ...child, fault } : child)),
  })
  return tree.map(mark)
}
