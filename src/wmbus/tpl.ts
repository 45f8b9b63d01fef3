import { type Address, transportAddress } from './address.ts'
import { mode10Nonce, openCcm } from './ccm.ts'
import { ciOf } from './ci.ts'
import { u8, u16, u32 } from './cursor.ts'
import { type Datagram, meterAddress, NO_TPL_FIELDS, type Tpl } from './datagram.ts'
import type { Fault } from './fault.ts'
import { readFixedHeader } from './fixed.ts'
import { sessionKeys } from './kdf.ts'
import { isRealData, openRealData } from './lfsr.ts'
import { verifyMac } from './mac.ts'
import { type Block, blockAt, decryptCbc, type Key, mode5Vector, putBlock, ZERO_VECTOR } from './security.ts'

/** Step 4: the transport header behind the application CI: none, short or long (EN 13757-7), or of the fixed structure. */
export function readTpl(d: Datagram): Fault | undefined {
  const at = d.pos
  const ci = u8(d)
  const { header } = ciOf(ci, d.wired)
  if (header === 'none') d.tpl = { at, ci, header, ...NO_TPL_FIELDS }
  else if (header === 'fixed') d.tpl = { at, ci, header, ...NO_TPL_FIELDS, ...readFixedHeader(d) }
  else {
    const address = header === 'long' ? transportAddress(d) : null
    const accessNumber = u8(d)
    const status = u8(d)
    const configurationField = u16(d)
    // Spelt out: every telegram passes here.
    d.tpl = {
      at,
      ci,
      header,
      address,
      accessNumber,
      status,
      configurationField,
      securityMode: (configurationField >> 8) & 0x1f,
      configurationExtension: 0,
      keyVersion: null,
    }
  }
  return d.short ? 'tpl.truncated' : undefined
}

/** Security mode → bytes of configuration field extension (CFGE). */
const EXTENSIONS: Readonly<Record<number, number>> = { 7: 1, 10: 2 }
const OWN_COUNTER = 0x2000
const HAS_KEY_VERSION = 0x40

/** What stands between the header and the data in modes 7 and 10: CFGE, message counter if Z, key version if V. */
function readExtension(d: Datagram, tpl: Tpl): Fault | undefined {
  const size = EXTENSIONS[tpl.securityMode]
  if (size === undefined) return undefined
  const configurationExtension = size === 1 ? u8(d) : u16(d)
  if (tpl.configurationField & OWN_COUNTER) d.messageCounter = u32(d)
  const keyVersion = configurationExtension & HAS_KEY_VERSION ? u8(d) : null
  d.tpl = { ...tpl, configurationExtension, keyVersion }
  return d.short ? 'tpl.truncated' : undefined
}

/** The key by the extension's selector: 0, as without an extension, the meter's own; 1 derived (KDF-A). */
function messageKey(d: Datagram, key: Key, address: Address): Key | Fault {
  const selector = (d.tpl!.configurationExtension >> 4) & 3
  if (selector === 0) return key
  if (selector !== 1) return 'tpl.mode-unsupported'
  return d.messageCounter === null ? 'tpl.counter-missing' : sessionKeys(key, d.messageCounter, address.id).encryption
}

const BLOCK = 16
const FILLER = 0x2f
const VERIFICATION = 2
const isVerified = ({ bytes, pos, end }: Datagram): boolean =>
  pos + VERIFICATION <= end && bytes[pos] === FILLER && bytes[pos + 1] === FILLER

/** Many logs were decrypted by the program that wrote them. */
function passDecrypted(d: Datagram): undefined {
  d.notes.push('tpl.already-decrypted')
  d.pos += VERIFICATION
}

/**
 * Modes 5 and 7: N blocks of AES-128-CBC; what follows them is plain. 2F2F in front tells the right key: only then are more
 * blocks opened than the first. With a key it is asked last whether the bytes are plain already: one cipher text in 2^16
 * looks as if it were.
 */
function openCbc(d: Datagram, key: Key | null, vector: (address: Address) => Block): Fault | undefined {
  const announced = (d.tpl!.configurationField >> 4) & 0x0f
  if (announced === 0) return undefined
  const looksPlain = isVerified(d)
  if (!key) return looksPlain ? passDecrypted(d) : 'tpl.key-missing'
  const address = meterAddress(d)
  const blocks = Math.min(announced, (d.end - d.pos) >> 4)
  if (!address || blocks === 0) return looksPlain ? passDecrypted(d) : 'tpl.too-short'
  const secret = messageKey(d, key, address)
  if (typeof secret === 'string') return secret
  const plainFrom = d.pos + BLOCK * blocks
  const first = blockAt(d.bytes, d.pos)
  decryptCbc(secret, vector(address), d.bytes, d.pos, 1)
  if (!isVerified(d)) {
    putBlock(d.bytes, d.pos, first)
    return looksPlain ? passDecrypted(d) : 'tpl.key-wrong'
  }
  decryptCbc(secret, first, d.bytes, d.pos + BLOCK, blocks - 1)
  d.encryption = 'aes-cbc'
  // The extended link layer may have protected more.
  d.plainFrom = Math.max(d.plainFrom, plainFrom)
  d.pos += VERIFICATION
  if (blocks < announced) d.notes.push('tpl.partial')
  else if (plainFrom < d.end) d.notes.push('tpl.plain-tail')
  return undefined
}

/** Tag code of the extension, bits 11–8 → bytes. Public telegrams show no other. */
const TAG_LENGTHS: Readonly<Record<number, number>> = { 1: 8 }
const ALL_BYTES = 0xff
const LONG_ASSOCIATED = 15
const SHORT_ASSOCIATED = 7

/** Mode 10: AES-128-CCM over the rest of the message, its tag at the end; CI to CFGE are authenticated with it. */
function openMode10(d: Datagram, key: Key | null): Fault | undefined {
  const tpl = d.tpl!
  const address = meterAddress(d)
  const tagLength = TAG_LENGTHS[(tpl.configurationExtension >> 8) & 0x0f]
  if (tagLength === undefined || !address) return 'tpl.mode-unsupported'
  if (!key) return 'tpl.key-missing'
  const tagAt = d.end - tagLength
  const announced = tpl.configurationField & 0xff
  if (tagAt < d.pos) return 'tpl.too-short'
  if (announced !== ALL_BYTES && announced !== tagAt - d.pos) return 'tpl.mode-unsupported'
  const secret = messageKey(d, key, address)
  if (typeof secret === 'string') return secret
  if (d.messageCounter === null) return 'tpl.counter-missing'
  const nonce = mode10Nonce(address, d.messageCounter)
  const associated = d.bytes.subarray(tpl.at, tpl.at + (tpl.header === 'long' ? LONG_ASSOCIATED : SHORT_ASSOCIATED))
  if (!openCcm(secret, nonce, associated, d.bytes, d.pos, tagAt, tagLength)) return 'tpl.key-wrong'
  d.encryption = 'aes-ccm'
  if (d.mac === 'none') d.mac = 'right'
  d.end = tagAt
  d.plainFrom = tagAt
  return undefined
}

type Open = (d: Datagram, key: Key | null) => Fault | undefined

/** Security modes of EN 13757-7 that can be opened; every other one is `tpl.mode-unsupported`, never garbage. */
const MODES: Readonly<Record<number, Open>> = {
  0: () => undefined,
  5: (d, key) => openCbc(d, key, (address) => mode5Vector(address, d.tpl!.accessNumber)),
  7: (d, key) => openCbc(d, key, () => ZERO_VECTOR),
  10: openMode10,
}

/** Old wired meters put arbitrary values where the configuration field is today: without a key for it, the body is plain. */
function hasOldSignature(d: Datagram, tpl: Tpl, key: Key | null): boolean {
  if (!d.wired || tpl.securityMode === 0 || (key !== null && MODES[tpl.securityMode])) return false
  d.notes.push('tpl.wired-signature')
  return true
}

/** Step 5: checks the message's code, then opens the transport layer's encryption in place. */
export function openTpl(d: Datagram, key: Key | null): Fault | undefined {
  const { tpl } = d
  if (!tpl || hasOldSignature(d, tpl, key)) return undefined
  if (isRealData(d)) return key === null ? openRealData(d) : 'tpl.mode-unsupported'
  const open = MODES[tpl.securityMode]
  if (!open) return 'tpl.mode-unsupported'
  const fault = readExtension(d, tpl)
  if (fault) return fault
  const address = meterAddress(d)
  if (key && address) verifyMac(d, key, address.id)
  return open(d, key)
}
