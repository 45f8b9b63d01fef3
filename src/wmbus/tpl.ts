import { transportAddress } from './address.ts'
import { ciOf } from './ci.ts'
import { u8, u16 } from './cursor.ts'
import { type Datagram, NO_TPL_FIELDS } from './datagram.ts'
import type { Fault } from './fault.ts'
import { decryptCbc, type Key, mode5Vector } from './security.ts'

/** Step 4: the transport header behind the application CI: none, short or long (EN 13757-7). */
export function readTpl(d: Datagram): Fault | undefined {
  const ci = u8(d)
  const { header } = ciOf(ci)
  if (header === 'none') {
    d.tpl = { ci, header, ...NO_TPL_FIELDS }
    return d.short ? 'tpl.truncated' : undefined
  }
  const address = header === 'long' ? transportAddress(d) : null
  const accessNumber = u8(d)
  const status = u8(d)
  const configurationField = u16(d)
  d.tpl = { ci, header, address, accessNumber, status, configurationField, securityMode: (configurationField >> 8) & 0x1f }
  return d.short ? 'tpl.truncated' : undefined
}

const FILLER = 0x2f
const startsWithFillers = (d: Datagram): boolean => d.bytes[d.pos] === FILLER && d.bytes[d.pos + 1] === FILLER
const blocksOf = (configurationField: number): number => (configurationField >> 4) & 0x0f

/** Mode 5: N blocks of AES-128-CBC; what follows them is plain. 2F2F in front tells the right key. */
function openMode5(d: Datagram, key: Key | null): Fault | undefined {
  const { tpl, dll } = d
  const announced = blocksOf(tpl!.configurationField)
  if (announced === 0) return undefined
  if (startsWithFillers(d)) {
    d.notes.push('tpl.already-decrypted')
    return undefined
  }
  if (!key) return 'tpl.key-missing'
  const address = tpl!.address ?? dll?.address
  const blocks = Math.min(announced, (d.end - d.pos) >> 4)
  if (!address || blocks === 0) return 'tpl.too-short'
  decryptCbc(key, mode5Vector(address, tpl!.accessNumber), d.bytes, d.pos, blocks)
  if (!startsWithFillers(d)) return 'tpl.key-wrong'
  d.encryption = 'aes-cbc'
  d.plainFrom = d.pos + 16 * blocks
  if (blocks < announced) d.notes.push('tpl.partial')
  else if (d.plainFrom < d.end) d.notes.push('tpl.plain-tail')
  return undefined
}

type Open = (d: Datagram, key: Key | null) => Fault | undefined

/** Security modes of EN 13757-7 that can be opened; every other one is `tpl.mode-unsupported`, never garbage. */
const MODES: Readonly<Record<number, Open>> = {
  0: () => undefined,
  5: openMode5,
}

/** Step 5: opens the transport layer's encryption in place. */
export function openTpl(d: Datagram, key: Key | null): Fault | undefined {
  const { tpl } = d
  if (!tpl || tpl.header === 'none') return undefined
  const open = MODES[tpl.securityMode]
  if (open && !(d.wired && key === null && tpl.securityMode !== 0)) return open(d, key)
  // Old wired meters put arbitrary values where the configuration field is today.
  if (d.wired) {
    if (tpl.configurationField !== 0) d.notes.push('tpl.wired-signature')
    return undefined
  }
  return 'tpl.mode-unsupported'
}
