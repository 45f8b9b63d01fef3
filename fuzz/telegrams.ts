/** Valid telegrams, layer by layer, with mutations between the layers: what is changed inside is encrypted, counted and checked anew. */
import type { CrcLayout } from '../src/wmbus/telegram.ts'
import { loadFixtures } from '../test/support/fixtures.ts'
import { afl, derive, macOf, mode7, mode10 } from '../test/support/sessions.ts'
import * as t from '../test/support/telegrams.ts'
import { mutated } from './mutate.ts'
import type { Random } from './random.ts'

export interface Mutant {
  readonly bytes: Uint8Array
  readonly crc: CrcLayout
  readonly key: Uint8Array
}

const sender = (manufacturer: string, id: string, version: number, type: number): t.Sender => ({ manufacturer, id, version, type })

const SENDERS: readonly t.Sender[] = [
  sender('KAM', '60000403', 0x34, 0x04),
  sender('KAM', '60000302', 0x30, 0x0c),
  sender('DME', '40000775', 0x40, 0x04),
  sender('LUG', '40000550', 0x04, 0x04),
  sender('VMY', '10000001', 0x01, 0x0d),
  sender('ELS', '12345678', 0x33, 0x03),
  sender('TCH', '20000001', 0x45, 0x43),
  sender('TCH', '20000002', 0x27, 0xc3),
  sender('TCH', '20000003', 0x70, 0x62),
  sender('TCH', '20000004', 0x94, 0x80),
  sender('QDS', '30000001', 0x3e, 0x04),
  sender('HYD', '40000001', 0x20, 0x07),
  sender('APA', '50000001', 0x05, 0x07),
]

/** Headers of records that meters send, and some that none should. */
const HEADERS = [
  '0406 0407 04FF07 04FF08 04EEFF07 0414 0413 043B 042D 142D 0259 025D 0261 04FF22 02FF22 01FF21 02FD17 046D 066D 036D',
  '026C 426C 4406 4414 840106 84100E 844014 84804014 04863B 04863C 04FB0D 0C06 0C14 0B3B 0A5A 3B3B 0C78 0E79 0422 0426',
  '0706 0516 9410DA6F 0493F57D 04937A 02BB56 0493FF07 04FDC8FC01 02FDFD02 0874 0013 0D78 0DFD11 0DFD3B 8D04951F 22FC014874',
].flatMap((line) => line.split(' ').map(t.hex))

const SIZES = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0]

function anyRecord(r: Random): Uint8Array {
  const header = r.pick(HEADERS)
  const coding = header[0]! & 0x0f
  if (coding === 0x0d) {
    const length = r.below(12)
    return t.join(header, [r.pick([0x00, 0xc0, 0xd0, 0xe0]) + Math.min(length, 9)], r.bytes(Math.min(length, 9)))
  }
  const digits = coding >= 9 && r.chance(0.9)
  return t.join(
    header,
    r.bytes(SIZES[coding]!).map((byte) => (digits ? (byte % 10) | ((byte % 9) << 4) : byte)),
  )
}

const anyRecords = (r: Random): Uint8Array => t.join(...Array.from({ length: r.below(14) }, () => anyRecord(r)))

/** The first CI on of every telegram among the fixtures: layouts of the standard and of the field. */
const FIXTURE_CONTENTS: readonly Uint8Array[] = [...loadFixtures().values()]
  .filter(({ crc, fault }) => fault === undefined && (crc === undefined || crc === 'stripped'))
  .map(({ telegram }) => t.hex(telegram).subarray(10))

type Pack = (r: Random, s: t.Sender, records: Uint8Array, key: Uint8Array) => Uint8Array

const options = (r: Random): t.TransportOptions => ({ accessNumber: r.below(256), status: r.below(256) })
const encrypted = (r: Random, key: Uint8Array): t.TransportOptions => ({
  ...options(r),
  key,
  ...(r.chance(0.2) ? { blocks: r.below(6) } : {}),
})

/** Formats that are shipped, header by header. */
const FORMATS = ['030E 430E 0313 426C 022D 01FF21', '0406 04FF07 04FF08 0414 043B 0259 025D 04FF22', '02FF20 0413 4413'].map((line) =>
  line.split(' ').map(t.hex),
)

const compact: Pack = (r) => {
  const headers = r.pick(FORMATS)
  const data = headers.map((header) => r.bytes(SIZES[header[0]! & 0x0f]!))
  const full = t.join(...headers.map((header, i) => t.join(header, data[i]!)))
  return t.join([0x79], t.integer(t.crc16(t.join(...headers)), 2), t.integer(t.crc16(full), 2), ...data)
}

const format: Pack = (r) => {
  const headers = t.join(...Array.from({ length: 1 + r.below(10) }, () => r.pick(HEADERS)))
  return t.join([0x69, headers.length + 2], t.integer(t.crc16(headers), 2), headers)
}

const profileB: Pack = (r, s, records, key) => {
  const counter = r.below(2 ** 31)
  const message = mode7(records, derive(key, 0, counter, s))
  const fields = { control: 0x25, counter, ...(r.chance(0.2) ? { length: message.length } : {}) }
  return t.join(afl({ ...fields, mac: macOf(fields, message, derive(key, 1, counter, s)).subarray(0, 8) }), message)
}

/** Mode 7 with its own message counter, and all that the extension may say of it. */
const ownCounter: Pack = (r, s, records, key) => {
  const counter = r.below(2 ** 31)
  const derived = r.chance(0.8)
  const more = r.chance(0.3) ? { keyVersion: r.below(256) } : {}
  const extension = (derived ? 0x10 : 0x00) | ('keyVersion' in more ? 0x40 : 0)
  return mode7(records, derived ? derive(key, 0, counter, s) : key, { counter, extension, ...more })
}

/** A code under the key itself, cut to every length there is. */
const keyedCode: Pack = (r, s, records, key) => {
  const counter = r.below(2 ** 31)
  const message = mode7(records, derive(key, 0, counter, s))
  const [type, length] = r.pick([
    [3, 2],
    [4, 4],
    [5, 8],
    [6, 12],
    [7, 16],
    [8, 12],
  ] as const)
  const fields = { control: 0x20 | type, keyInformation: 0, counter }
  return t.join(afl({ ...fields, mac: macOf(fields, message, key).subarray(0, length) }), message)
}

const fragment: Pack = (r, _, records) =>
  t.join(afl({ control: 0x25, fragment: r.below(16), more: r.chance(0.5), counter: r.below(2 ** 31) }), records)

const PACKS: readonly Pack[] = [
  (_, __, records) => t.noHeader(records),
  (r, s, records) => t.shortHeader(s, records, options(r)),
  (r, s, records) => t.longHeader(s, records, options(r)),
  (r, s, records, key) => t.shortHeader(s, records.subarray(0, 220), encrypted(r, key)),
  (r, s, records, key) => t.longHeader(s, records.subarray(0, 220), encrypted(r, key)),
  (r, s, records) => t.shortHeader(s, records, { ...options(r), configurationField: r.below(0x10000) }),
  (r, s, records, key) => {
    const counter = r.below(2 ** 31)
    return mode10(t.join(records, [0x2f]), derive(key, 0, counter, s), counter, s)
  },
  compact,
  format,
  profileB,
  ownCounter,
  keyedCode,
  fragment,
  (r) => t.join([0xa0 + r.below(0x18)], r.bytes(r.below(60))),
  (r) => t.noHeader(t.join(t.hex('0DFF5F35 0082'), r.bytes(1), t.hex('0000'), r.bytes(48))),
  (r, s) => t.shortHeader(s, t.join([0x0f], r.bytes(r.below(60))), options(r)),
  (r) => t.join([r.pick([0x6e, 0x6f, 0x70, 0x71, 0x74, 0x80, 0x8a, 0xa0, 0xb7, r.below(256)])], r.bytes(r.below(30))),
  (r) => r.pick(FIXTURE_CONTENTS),
]

type Wrap = (r: Random, s: t.Sender, content: Uint8Array, key: Uint8Array) => Uint8Array

const cc = (r: Random): t.LinkOptions => ({ communicationControl: r.below(256), accessNumber: r.below(256) })
const withPartner = (r: Random): t.LinkOptions => ({ ...cc(r), partner: r.pick(SENDERS) })

const WRAPS: readonly Wrap[] = [
  (_, __, content) => content,
  (_, __, content) => content,
  (r, _, content) => t.ellPlain(content, cc(r)),
  (r, s, content) =>
    t.ellSession(s, content, { ...cc(r), session: r.below(2 ** 29), ...(r.chance(0.3) ? { encryption: r.below(8) } : {}) }),
  (r, s, content, key) => t.ellSession(s, content, { ...cc(r), session: r.below(2 ** 29), key }),
  (r, _, content) => t.ellPlain(content, withPartner(r)),
  (r, s, content, key) => t.ellSession(s, content, { ...withPartner(r), session: r.below(2 ** 29), key }),
]

const FRAMES: readonly (readonly [CrcLayout, (plain: Uint8Array) => Uint8Array])[] = [
  ['A', t.frameA],
  ['B', t.frameB],
  ['AorB', t.frameB],
  ['stripped', (plain) => plain],
  ['unknown', (plain) => plain],
  ['wired', (plain) => t.wired(plain.subarray(10))],
]

/** Content that still fits a frame of format B. */
const LONGEST = 240
const CONTROLS = [0x44, 0x44, 0x44, 0x46, 0x08, 0xc4]

/** One telegram that gets past framing, mostly: what is wrong with it is wrong inside. */
export function mutant(r: Random, key: Uint8Array = r.bytes(16)): Mutant {
  const from = r.pick(SENDERS)
  const maybe = (probability: number, bytes: Uint8Array): Uint8Array => (r.chance(probability) ? mutated(r, bytes, anyRecords(r)) : bytes)
  const records = maybe(0.6, anyRecords(r)).subarray(0, LONGEST - 40)
  const content = maybe(0.2, r.pick(PACKS)(r, from, records, key)).subarray(0, LONGEST - 20)
  const wrapped = maybe(0.1, r.pick(WRAPS)(r, from, content, key)).subarray(0, LONGEST)
  const [crc, encode] = r.pick(FRAMES)
  return { bytes: maybe(0.05, encode(t.stripped(from, wrapped, r.pick(CONTROLS)))), crc, key }
}

/** A message with its right code in two to four frames, as `afl.ts` joins them, with something wrong in some of them. */
export function fragments(r: Random): { readonly frames: readonly Uint8Array[]; readonly key: Uint8Array } {
  const key = r.bytes(16)
  const from = r.pick(SENDERS)
  const counter = r.below(2 ** 31)
  const records = r.chance(0.5) ? mutated(r, anyRecords(r), anyRecords(r)) : anyRecords(r)
  const message = mode7(records.subarray(0, 220), derive(key, 0, counter, from))
  const fields = { control: 0x25, counter, ...(r.chance(0.3) ? { length: message.length } : {}) }
  const mac = macOf(fields, message, derive(key, 1, counter, from)).subarray(0, 8)
  const last = 2 + r.below(3)
  const inSession = r.chance(0.3)
  const size = Math.ceil(message.length / last)
  const frames = Array.from({ length: last }, (_, i) => {
    const head =
      i === 0
        ? afl({ ...fields, fragment: 1, more: true })
        : afl({ fragment: i + 1, more: i + 1 < last, ...(i + 1 === last ? { mac } : {}) })
    const content = t.join(head, message.subarray(i * size, (i + 1) * size))
    const sent = r.chance(0.05) ? mutated(r, content, records) : content
    return t.stripped(from, inSession ? t.ellSession(from, sent, { ...cc(r), session: counter & 0xffff, key }) : sent)
  })
  return { frames, key }
}
