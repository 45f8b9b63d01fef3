import type { Fault } from '../wmbus/fault.ts'
import type { Layer, Leaf } from './tree.ts'

/** Where a fault struck, and what to try. */
interface Row {
  readonly at: (leaf: Leaf) => boolean
  readonly advice: string
}

const field =
  (layer: Layer, name: string) =>
  (leaf: Leaf): boolean =>
    leaf.layer === layer && leaf.field === name
const notRead = (leaf: Leaf): boolean => leaf.layer === 'rest'
/** Found by no field: the last one that was read. */
const atEnd = (): boolean => false

const CUT = 'The end is missing: copy the whole telegram, or take another one.'
const DAMAGED = 'It was damaged on the way: take another one. If most are, move the antenna.'
const KEY_WRONG = 'Check that the key is the one of this very meter number: KEM files and labels are easily mixed up.'
const NOT_PUBLIC = 'Nothing: how to read it is not public. Ask the manufacturer to set the meter to another mode.'

const ROWS: Readonly<Record<Fault, Row>> = {
  'frame.empty': { at: atEnd, advice: 'Give the telegram in hexadecimal digits.' },
  'frame.hex': { at: atEnd, advice: 'Give the telegram in hexadecimal digits, two to a byte.' },
  'frame.too-short': { at: atEnd, advice: CUT },
  'frame.too-long': { at: notRead, advice: 'Give one telegram a line: this may be several.' },
  'frame.length': { at: field('dll', 'L-field'), advice: 'Copy the whole telegram, and nothing else: bytes are missing.' },
  'frame.wired': { at: notRead, advice: 'A wired frame starts with 68 L L 68. A radio telegram must be given as one.' },
  'frame.checksum': { at: field('dll', 'checksum'), advice: 'It was damaged on the line: read the meter again.' },
  'dll.crc': { at: (leaf) => leaf.field === 'CRC' && leaf.value.startsWith('wrong'), advice: DAMAGED },
  'dll.c-field': { at: field('dll', 'C-field'), advice: 'Check where the telegram starts: its second byte is 44, 46, 47, 48 or 08.' },
  'ell.truncated': { at: atEnd, advice: CUT },
  'ell.unsupported': { at: field('ell', 'CI-field'), advice: NOT_PUBLIC },
  'ell.encryption': { at: field('ell', 'session number'), advice: NOT_PUBLIC },
  'ell.key-missing': { at: field('ell', 'encrypted'), advice: 'Give the key of this meter: --key asks for it.' },
  'ell.key-wrong': { at: field('ell', 'encrypted'), advice: KEY_WRONG },
  'ell.crc': { at: field('ell', 'payload CRC'), advice: DAMAGED },
  'nwl.unsupported': {
    at: field('nwl', 'CI-field'),
    advice: 'Take a telegram that comes from the meter itself, not through a network of repeaters.',
  },
  'afl.truncated': { at: atEnd, advice: CUT },
  'afl.length': { at: field('afl', 'AFLL'), advice: DAMAGED },
  'afl.fragment': { at: field('afl', 'FCL'), advice: 'Let the gateway hear all fragments: it joins them. One alone says nothing.' },
  'tpl.truncated': { at: atEnd, advice: CUT },
  'tpl.key-missing': { at: field('tpl', 'encrypted'), advice: 'Give the key of this meter: --key asks for it.' },
  'tpl.key-wrong': { at: field('tpl', 'encrypted'), advice: KEY_WRONG },
  'tpl.mode-unsupported': { at: field('tpl', 'configuration field'), advice: NOT_PUBLIC },
  'tpl.counter-missing': {
    at: field('tpl', 'configuration field'),
    advice: 'Copy the whole telegram: the counter stands in the layer before.',
  },
  'tpl.too-short': { at: notRead, advice: CUT },
  'apl.ci-unsupported': { at: field('tpl', 'CI-field'), advice: 'Take another telegram of this meter: this one brings no reading.' },
  'apl.error': { at: field('apl', 'error code'), advice: 'Take another telegram. If the meter goes on reporting it, have it looked at.' },
  'apl.truncated': { at: atEnd, advice: `${CUT} Of an already decrypted one the tail may be lost.` },
  'apl.record': { at: notRead, advice: 'Check that the telegram is whole, and that its CRCs were not left in the middle.' },
  'apl.compact-unknown': {
    at: field('apl', 'signature'),
    advice: 'Let the gateway hear a full frame of this meter, or give it as context with --jsonl.',
  },
  'apl.compact-crc': {
    at: field('apl', 'full frame CRC'),
    advice: 'Take another telegram. If all fail, the meter sends another format under this signature.',
  },
}

export const adviceOf = (fault: Fault): string => ROWS[fault].advice

/** The leaf where the fault struck: its field, else the first that was not read, else the last that was. */
export const struckBy = (fault: Fault, leaves: readonly Leaf[]): Leaf | undefined =>
  leaves.find(ROWS[fault].at) ?? leaves.find(notRead) ?? leaves.findLast(({ layer }) => layer !== 'dll') ?? leaves.at(-1)
