import { ciOf } from '../wmbus/ci.ts'
import type { Datagram, Tpl } from '../wmbus/datagram.ts'
import { isRealData } from '../wmbus/lfsr.ts'
import { type BitRow, flag, setBits } from './bits.ts'
import { ciField } from './ci.ts'
import { configurationRows, EXTENSIONS, modeWords } from './configuration.ts'
import { notRead } from './dll.ts'
import { type Branch, block, type Field, lay, type Span, stopped, type Walk } from './tree.ts'
import { deviceTypeWords, idWords, manufacturerWords, named, numberOf, versionWords } from './words.ts'

const DOCUMENT = 'EN 13757-7'
const HEADER = `${DOCUMENT}, TPL header`

const APPLICATION = { 0: '', 1: 'application busy', 2: 'an application error', 3: 'an abnormal condition or alarm' }

/** Status byte of a meter's message. */
const STATUS: readonly BitRow[] = [
  [7, 5, (value) => (value === 0 ? '' : `manufacturer’s own: ${value}`)],
  flag(4, 'temporary error'),
  flag(3, 'permanent error'),
  flag(2, 'low power'),
  [1, 0, named(APPLICATION)],
]

/** Of the fixed structure of old wired meters: two bits say how the counters are to be read. */
const FIXED_STATUS: readonly BitRow[] = [
  ...STATUS.slice(0, -1),
  flag(1, 'counters stored at a date'),
  flag(0, 'counters binary', 'counters BCD'),
]

const status = (rows: readonly BitRow[]): Field => ({
  size: 1,
  field: 'status',
  clause: `${DOCUMENT}, 7.5.6 status byte`,
  say: ([value]) => setBits(value!, rows, 'no error'),
  bits: rows,
})

const ADDRESS: readonly Field[] = [
  { size: 4, field: 'ID number', clause: HEADER, say: idWords },
  { size: 2, field: 'manufacturer', clause: HEADER, say: manufacturerWords },
  { size: 1, field: 'version', clause: HEADER, say: versionWords },
  { size: 1, field: 'device type', clause: HEADER, say: deviceTypeWords },
]
const ACCESS: Field = { size: 1, field: 'access number', clause: HEADER, say: ([number]) => String(number) }

function configuration(d: Datagram): Field {
  const clause = `${DOCUMENT}, configuration field`
  const base = { size: 2, field: 'configuration field', clause }
  if (d.notes.includes('tpl.wired-signature')) return { ...base, say: () => 'an old signature word: the body is plain' }
  const mode = d.tpl?.securityMode ?? 0
  return { ...base, say: () => modeWords(mode), bits: configurationRows(d, mode) }
}

function headerFields({ d, bytes, pos }: Walk): readonly Field[] {
  const { header } = ciOf(bytes[pos]!, d.wired)
  const ci = ciField(d.wired)
  if (header === 'none') return [ci]
  if (header === 'fixed') return [ci, ADDRESS[0]!, ACCESS, status(FIXED_STATUS)]
  return [ci, ...(header === 'long' ? ADDRESS : []), ACCESS, status(STATUS), configuration(d)]
}

const OWN_COUNTER = 0x2000
const HAS_KEY_VERSION = 0x40
const counterField: Field = { size: 4, field: 'message counter', clause: HEADER, say: (bytes) => String(numberOf(bytes)) }
const versionField: Field = { size: 1, field: 'key version', clause: HEADER, say: ([version]) => String(version) }

/** What modes 7 and 10 set between the header and the data. */
function extensionFields({ d, bytes, pos }: Walk, tpl: Tpl): readonly Field[] {
  const extension = EXTENSIONS[tpl.securityMode]
  if (!extension || isRealData(d) || d.notes.includes('tpl.wired-signature')) return []
  const { size, bits } = extension
  const clause = `${DOCUMENT}, configuration field`
  const words = (value: Uint8Array): string => setBits(numberOf(value), bits, 'the key itself, key 0')
  return [
    { size, field: 'CFG extension', clause, say: words, bits },
    ...(tpl.configurationField & OWN_COUNTER ? [counterField] : []),
    ...((bytes[pos] ?? 0) & HAS_KEY_VERSION ? [versionField] : []),
  ]
}

const BLOCK = 16
const CBC_MODES = new Set([5, 7])
const announcedBlocks = ({ securityMode, configurationField }: Tpl): number =>
  CBC_MODES.has(securityMode) ? (configurationField >> 4) & 0x0f : 0

/** End of what the configuration field says is encrypted. */
function encryptedEnd(w: Walk, tpl: Tpl): number {
  const blocks = announcedBlocks(tpl)
  return blocks === 0 ? w.end : w.pos + BLOCK * Math.min(blocks, (w.end - w.pos) >> 4)
}

const CBC_CHECK: Field = {
  size: 2,
  field: 'verification',
  clause: `${DOCUMENT}, security modes`,
  say: () => '2F2F: the right key',
}

/** What the key opened, or what stays shut. */
function body(w: Walk, tpl: Tpl): Span[] {
  const { encryption, notes, fault } = w.d
  if (fault?.startsWith('tpl.')) {
    return [
      ...block(w, encryptedEnd(w, tpl), 'tpl', 'encrypted', modeWords(tpl.securityMode), `${DOCUMENT}, security modes`),
      ...notRead(w),
    ]
  }
  const isMarked = announcedBlocks(tpl) > 0 && !notes.includes('tpl.wired-signature')
  const wasOpen = notes.includes('tpl.already-decrypted')
  if (!wasOpen && (isMarked || encryption === 'aes-ccm' || encryption === 'lfsr')) w.opened.push([w.pos, encryptedEnd(w, tpl)])
  return isMarked ? lay(w, 'tpl', [wasOpen ? { ...CBC_CHECK, say: () => '2F2F: decrypted before' } : CBC_CHECK]) : []
}

/** CI-field and header, what modes 7 and 10 add, and what of the body is encryption's. */
export function tplBranch(w: Walk): Branch<Span> {
  const children = lay(w, 'tpl', headerFields(w))
  const { tpl } = w.d
  if (tpl && !stopped(w)) children.push(...lay(w, 'tpl', extensionFields(w, tpl)))
  if (tpl) children.push(...body(w, tpl))
  return { layer: 'tpl', label: `Transport layer · ${DOCUMENT}`, children }
}

/** Behind the data of mode 10. */
export const tagFields = ({ encryption }: Datagram): readonly Field[] =>
  encryption === 'aes-ccm'
    ? [{ size: 8, field: 'authentication tag', clause: `${DOCUMENT}, security modes`, say: () => 'right: nothing was forged' }]
    : []
