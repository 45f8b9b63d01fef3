import type { Datagram } from '../wmbus/datagram.ts'
import { type BitRow, flag, reserved, setBits } from './bits.ts'
import { ciField } from './ci.ts'
import { type Branch, type Field, lay, type Span, type Walk } from './tree.ts'
import { counted, named, numberOf } from './words.ts'

const DOCUMENT = 'EN 13757-7'

/** Fragmentation control field FCL. */
const FRAGMENTATION: readonly BitRow[] = [
  reserved(15, 15),
  flag(14, 'more fragments follow', 'last fragment'),
  flag(13, 'MCL follows', 'no MCL'),
  flag(12, 'message length follows', 'no message length'),
  flag(11, 'message counter follows', 'no message counter'),
  flag(10, 'MAC follows', 'no MAC'),
  flag(9, 'key information follows', 'no key information'),
  reserved(8, 8),
  [7, 0, (fragment) => (fragment === 0 ? 'not fragmented' : `fragment ${fragment}`)],
]

const AUTHENTICATIONS: Readonly<Record<number, string>> = {
  0: 'no authentication',
  3: 'AES-CMAC, 2 bytes',
  4: 'AES-CMAC, 4 bytes',
  5: 'AES-CMAC, 8 bytes',
  6: 'AES-CMAC, 12 bytes',
  7: 'AES-CMAC, 16 bytes',
  8: 'AES-GMAC, 12 bytes',
  9: 'AES-GMAC, 16 bytes',
}

/** Message control field MCL. */
const MESSAGE: readonly BitRow[] = [
  reserved(7, 7),
  flag(6, 'message length in the message', 'no message length'),
  flag(5, 'message counter in the message', 'no message counter'),
  flag(4, 'key information in the message', 'no key information'),
  [3, 0, named(AUTHENTICATIONS)],
]

export const DERIVATIONS: Readonly<Record<number, string>> = { 0: 'the key itself', 1: 'key derivation KDF-A' }

/** Key information field KI. */
const KEY: readonly BitRow[] = [
  [15, 8, (version) => `key version ${version}`],
  reserved(7, 6),
  [5, 4, named(DERIVATIONS)],
  [3, 0, (id) => `key ${id}`],
]

const HAS_MESSAGE_CONTROL = 0x2000
const HAS_LENGTH = 0x1000
const HAS_COUNTER = 0x0800
const HAS_MAC = 0x0400
const HAS_KEY_INFORMATION = 0x0200

function macWords({ mac, notes }: Datagram): string {
  if (notes.includes('afl.mac-wrong')) return 'wrong'
  if (notes.includes('afl.mac-unsupported')) return 'not checked: of a kind that cannot be'
  return mac === 'right' ? 'right: nothing was forged' : 'not checked'
}

const word = (field: string, size: number, clause = `${DOCUMENT}, AFL`): Field => ({
  size,
  field,
  clause,
  say: (bytes) => String(numberOf(bytes)),
})

/** The fields that the layer says it has; what its length leaves is the MAC. */
function fieldsOf(w: Walk): readonly Field[] {
  const length = w.bytes[w.pos + 1] ?? 0
  const control = numberOf(w.bytes.subarray(w.pos + 2, w.pos + 4))
  const sizeIf = (bit: number, size: number): number => (control & bit ? size : 0)
  const [mcl, ki] = [sizeIf(HAS_MESSAGE_CONTROL, 1), sizeIf(HAS_KEY_INFORMATION, 2)]
  const [mcr, ml] = [sizeIf(HAS_COUNTER, 4), sizeIf(HAS_LENGTH, 2)]
  const mac = sizeIf(HAS_MAC, Math.max(length - 2 - mcl - ki - mcr - ml, 0))
  return [
    ciField(false),
    { size: 1, field: 'AFLL', clause: `${DOCUMENT}, AFL`, say: ([bytes]) => `${counted(bytes!, 'byte')} of this layer follow` },
    {
      size: 2,
      field: 'FCL',
      clause: `${DOCUMENT}, 6.3.2 FCL`,
      say: () => FRAGMENTATION.at(-1)![2](control & 0xff),
      bits: FRAGMENTATION,
    },
    {
      size: mcl,
      field: 'MCL',
      clause: `${DOCUMENT}, table 6 authentication type`,
      say: ([value]) => named(AUTHENTICATIONS)(value! & 0x0f),
      bits: MESSAGE,
    },
    { size: ki, field: 'key information', clause: `${DOCUMENT}, AFL`, say: (bytes) => setBits(numberOf(bytes), KEY, 'key 0'), bits: KEY },
    word('message counter', mcr),
    { size: mac, field: 'MAC', clause: `${DOCUMENT}, AFL, OMS Vol. 2`, say: () => macWords(w.d) },
    word('message length', ml),
  ]
}

export function aflBranch(w: Walk): Branch<Span> {
  const children = lay(w, 'afl', fieldsOf(w))
  return { layer: 'afl', label: `Authentication and fragmentation layer · ${DOCUMENT}`, children }
}
