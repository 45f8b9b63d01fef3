import { isRealData } from '../wmbus/lfsr.ts'
import { type Branch, block, type Field, lay, type Span, type Walk } from './tree.ts'
import { counted, deviceTypeWords, hexByte, idWords, manufacturerWords, versionWords } from './words.ts'

const RADIO = 'EN 13757-4'
const WIRED = 'EN 13757-2'

/** C-fields in words, bit 7 aside. */
const CONTROLS: Readonly<Record<number, string>> = {
  0: 'ACK: acknowledges',
  6: 'CNF-IR: confirms an installation request',
  8: 'RSP-UD: answers with data',
  24: 'RSP-UD: answers with data',
  40: 'RSP-UD: answers with data',
  56: 'RSP-UD: answers with data',
  64: 'SND-NKE: resets the link',
  67: 'SND-UD: sends a command',
  68: 'SND-NR: sends, wants no reply',
  70: 'SND-IR: sends, asks to be installed',
  71: 'ACC-NR: offers access, no data',
  72: 'ACC-DMD: demands access',
  74: 'REQ-UD1: asks for alarm data',
  75: 'REQ-UD2: asks for data',
  83: 'SND-UD: sends a command',
  90: 'REQ-UD1: asks for alarm data',
  91: 'REQ-UD2: asks for data',
  115: 'SND-UD: sends a command',
  122: 'REQ-UD1: asks for alarm data',
  123: 'REQ-UD2: asks for data',
}
const REPEATED = 0x80

function controlWords([control]: Uint8Array): string {
  const words = CONTROLS[control! & ~REPEATED] ?? `${hexByte(control!)}: none that a meter sends`
  return control! & REPEATED ? `${words}; repeated on the way` : words
}

const control = (clause: string): Field => ({ size: 1, field: 'C-field', clause, say: controlWords })

const LOCAL = 0x80
const manufacturerField = (bytes: Uint8Array, at: number): Field => ({
  size: 2,
  field: 'manufacturer',
  clause: `${RADIO}, M-field`,
  say: manufacturerWords,
  note: (bytes[at + 1] ?? 0) & LOCAL ? 'bit 15 set: the number is unique only locally' : undefined,
})

const A_FIELD = `${RADIO}, A-field`

/** M-field and A-field, in the order of a link layer; the link layer's sender or an extended link layer's partner. */
export const linkAddressFields = (w: Walk, at: number): readonly Field[] => [
  manufacturerField(w.bytes, at),
  { size: 4, field: 'ID number', clause: A_FIELD, say: idWords },
  { size: 1, field: 'version', clause: A_FIELD, say: versionWords },
  { size: 1, field: 'device type', clause: A_FIELD, say: deviceTypeWords },
]

/** Diehl's "real data" frames send the parts of the A-field in another order. */
function senderFields(w: Walk, at: number): readonly Field[] {
  const fields = linkAddressFields(w, at)
  const [manufacturer, number, version, type] = fields
  return isRealData(w.d) ? [manufacturer!, version!, type!, { ...number!, note: 'Diehl’s order of the A-field' }] : fields
}

/** What the receiver left of the L-field is not what the codec works with. */
function lengthField(w: Walk, raw: Uint8Array): Field {
  const counts = raw[0] === w.bytes[0] ? 'follow' : 'follow, CRCs too'
  const note = w.d.notes.includes('dll.length') ? 'counts CRCs that the receiver has cut off' : undefined
  return {
    size: 1,
    field: 'L-field',
    clause: `${RADIO}, frame formats`,
    say: () => `${counted(raw[0]!, 'byte')} ${counts}`,
    note,
  }
}

const BUS_ADDRESS: Field = { size: 1, field: 'A-field', clause: WIRED, say: ([address]) => `bus address ${address}` }

/** `raw[0]` is the L-field as it came: the codec corrects its own for format B. */
export function dllBranch(w: Walk, raw: Uint8Array, isWired: boolean): Branch<Span> {
  const wired: readonly Field[] = [control(WIRED), BUS_ADDRESS]
  const radio: readonly Field[] = [lengthField(w, raw), control(`${RADIO}, C-field`), ...senderFields(w, 2)]
  // What is said to be a wired frame and is none, is no radio frame either.
  const fields = w.d.fault === 'frame.wired' ? [] : isWired ? wired : radio
  return { layer: 'dll', label: `Data link layer · ${isWired ? WIRED : RADIO}`, children: lay(w, 'dll', fields) }
}

/** Everything from here on, behind a fault: to be seen, not to be believed. */
export const notRead = (w: Walk, to: number = w.end): Span[] => block(w, to, 'rest', 'not read', '')
