import { type BitRow, flag, setBits } from './bits.ts'
import { ciField } from './ci.ts'
import { linkAddressFields } from './dll.ts'
import { type Branch, block, type Field, lay, type Span, type Walk } from './tree.ts'
import { named, numberOf } from './words.ts'

const DOCUMENT = 'EN 13757-4'

const DELAYS: Readonly<Record<number, string>> = { 0: 'slow response delay', 1: 'fast response delay' }

/** Communication control field CC. */
const CONTROL: readonly BitRow[] = [
  flag(7, 'bidirectional', 'unidirectional'),
  [6, 6, (value) => DELAYS[value]!],
  flag(5, 'synchronous', 'not synchronous'),
  flag(4, 'hop: from a repeater', 'no hop'),
  flag(3, 'priority', 'no priority'),
  flag(2, 'accessible', 'not accessible'),
  flag(1, 'repeated access', 'no repeated access'),
  flag(0, 'extended response delay', 'no extended response delay'),
]

const ENCRYPTIONS: Readonly<Record<number, string>> = { 0: 'not encrypted', 1: 'AES-128-CTR' }

/** Session number SN. */
const SESSION: readonly BitRow[] = [
  [31, 29, named(ENCRYPTIONS)],
  [28, 4, (minutes) => `minute ${minutes}`],
  [3, 0, (session) => `session ${session}`],
]

/** CI-field → has a partner, has a session: 8C neither, 8D a session, 8E a partner, 8F both. */
const FIRST = 0x8c
const LAST = 0x8f
const HAS_SESSION = 1
const HAS_PARTNER = 2

const isKnown = (ci: number): boolean => ci >= FIRST && ci <= LAST

function fieldsOf(w: Walk): readonly Field[] {
  const ci = w.bytes[w.pos]!
  if (!isKnown(ci)) return [ciField(false)]
  const partner = linkAddressFields(w, w.pos + 3).map((f) => ({
    ...f,
    field: `partner ${f.field}`,
    clause: `${DOCUMENT}, tables 46 and 47`,
  }))
  return [
    ciField(false),
    {
      size: 1,
      field: 'CC',
      clause: `${DOCUMENT}, 13.2.7 CC-field`,
      say: ([cc]) => setBits(cc!, CONTROL, 'nothing set'),
      bits: CONTROL,
    },
    { size: 1, field: 'access number', clause: `${DOCUMENT}, tables 44 to 47`, say: ([number]) => String(number) },
    ...(ci & HAS_PARTNER ? partner : []),
    ...(ci & HAS_SESSION ? [SESSION_NUMBER] : []),
  ]
}

const SESSION_NUMBER: Field = {
  size: 4,
  field: 'session number',
  clause: `${DOCUMENT}, 13.2.11 SN`,
  say: (bytes) => `${named(ENCRYPTIONS)(Math.floor(numberOf(bytes) / 2 ** 29))}, ${Math.floor(numberOf(bytes) / 16) % 2 ** 25} min`,
  bits: SESSION,
}

const SEALED = `${DOCUMENT}, payload CRC`
const sealed = (w: Walk): Span[] => block(w, w.end, 'ell', 'encrypted', 'AES-128-CTR, to the end of the frame', SEALED)

/** The CRC in front of all it covers, which tells a wrong key; opened layers are noted in `w.opened`. */
function payloadCrc(w: Walk, encryption: number): Span[] {
  const { notes, fault } = w.d
  const isWrong = fault === 'ell.crc' || notes.includes('ell.crc-mismatch')
  const isOpened = encryption !== 0 && !isWrong && !notes.includes('ell.already-decrypted')
  if (isOpened) w.opened.push([w.pos, w.bytes.length])
  const value = isWrong ? 'wrong' : isOpened ? 'right: so is the key' : 'right'
  return lay(w, 'ell', [{ size: 2, field: 'payload CRC', clause: `${DOCUMENT}, payload CRC`, say: () => value }])
}

function payload(w: Walk): Span[] {
  const { fault } = w.d
  if (fault === 'ell.key-missing' || fault === 'ell.key-wrong') return sealed(w)
  return fault === 'ell.encryption' ? [] : payloadCrc(w, w.bytes[w.pos - 1]! >> 5)
}

/** CI-field, CC, access number, and what else the kind of layer has, to its payload CRC. */
export function ellBranch(w: Walk): Branch<Span> {
  const ci = w.bytes[w.pos]!
  const children = lay(w, 'ell', fieldsOf(w))
  if (isKnown(ci) && ci & HAS_SESSION) children.push(...payload(w))
  return { layer: 'ell', label: `Extended link layer · ${DOCUMENT}`, children }
}
