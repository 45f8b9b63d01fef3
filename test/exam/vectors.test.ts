/**
 * Public test vectors of other programs, kept outside this repository: set VARMESKY_EXAM to the directory that holds
 * `vectors.json`. Every layer is compared, and every record: header, data, numbers of the DIB, and the exact value.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Address, idText, manufacturerText } from '../../src/wmbus/address.ts'
import type { FormatOf } from '../../src/wmbus/compact.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decimal } from '../../src/wmbus/decimal.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { Fault } from '../../src/wmbus/fault.ts'
import { type DataRecord, FUNCTIONS } from '../../src/wmbus/record.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import type { CrcLayout } from '../../src/wmbus/telegram.ts'
import { METER } from '../support/records.ts'
import { hex, hexOf, noHeader, stripped } from '../support/telegrams.ts'

type Fields = Readonly<Record<string, string | number | boolean | null>>

interface ExpectedRecord {
  readonly drh?: string
  readonly raw?: string | null
  readonly storage?: number | null
  readonly tariff?: number | null
  readonly subunit?: number | null
  readonly function?: string | null
  readonly value?: string | null
  readonly unit?: string
  readonly special_dif?: string
  readonly truncated?: boolean
}

interface Vector {
  readonly name: string
  readonly key: string | null
  readonly telegram_hex: string
  readonly has_crc: false | 'A' | 'B' | 'wired'
  readonly layer?: 'application bytes starting with CI' | 'application records only'
  readonly expected: {
    readonly expect_error?: string
    readonly dll?: Fields
    readonly ell?: Fields
    readonly afl?: Fields
    readonly tpl?: Fields
    readonly records?: readonly ExpectedRecord[]
    readonly drh?: string
    readonly signature?: string
    readonly profile_values_unscaled?: readonly string[]
    readonly profile_values_m3?: readonly string[]
    readonly fixed_structure?: Fields
  }
}

const file = path(process.env['VARMESKY_EXAM'] ?? '', 'vectors.json')
const present = process.env['VARMESKY_EXAM'] !== undefined && existsSync(file)
const VECTORS: readonly Vector[] = present ? JSON.parse(readFileSync(file, 'utf8')) : []

/** Vectors that this program refuses, how, and why that stays so. */
const REFUSED: Readonly<Record<string, readonly [fault: Fault, reason: string]>> = {
  'frame B with two CRC blocks (synthetic)': ['apl.truncated', 'its last record is cut: the vector lists what stands before it'],
  'MULTICAL 21 frame, already decrypted by the poster': [
    'apl.compact-unknown',
    'changed by its poster: signature and length fit no format',
  ],
  'Techem vario 4.5.1 (TCH 17 04), mode 7, session keys published': ['tpl.key-missing', 'session keys only, no key of the meter'],
}

/** One record whose value this program reads otherwise, and why. */
const READ_OTHERWISE: Readonly<Record<string, readonly [drh: string, reason: string]>> = {
  'libmbus landis+gyr_ultraheat_t230': ['848F0F6D', 'year 127 means every year: the vector takes it for 2027'],
  'libmbus example_binary16_lvar': ['0D7C025750', 'a long binary number is printed high byte first'],
}

const LAYOUTS: Readonly<Record<string, CrcLayout>> = { false: 'stripped', A: 'A', B: 'B', wired: 'wired' }

function opened(v: Vector): Datagram {
  const bytes = hex(v.telegram_hex)
  const formatOf: FormatOf | undefined = v.expected.drh === undefined ? undefined : () => hex(v.expected.drh!)
  const key = v.key === null ? null : aesKey(hex(v.key))
  if (v.layer === undefined) return decode(bytes, LAYOUTS[String(v.has_crc)]!, key, formatOf)
  return decode(stripped(METER, v.layer.endsWith('CI') ? bytes : noHeader(bytes)), 'stripped', key, formatOf)
}

const two = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0')
const littleEndian = (n: number, size: number): string =>
  Array.from({ length: size }, (_, i) => two(Math.floor(n / 256 ** i) & 0xff)).join('')
const addressFields = (a: Address): Fields => ({
  id: idText(a.id),
  M: manufacturerText(a.manufacturer),
  version: two(a.version),
  type: two(a.deviceType),
})

/** The vectors call a manufacturer's own application a header of its own. */
const FIRST_OWN_CI = 0xa0

const LAYERS: Readonly<Record<'dll' | 'ell' | 'afl' | 'tpl', (d: Datagram) => Fields>> = {
  dll: ({ dll }) => ({ C: two(dll!.control), ...addressFields(dll!.address!) }),
  ell: ({ ell }) => ({
    ci: two(ell!.ci),
    cc: two(ell!.communicationControl),
    acc: ell!.accessNumber,
    sn: two(ell!.sessionNumber ?? 0).padStart(8, '0'),
    sn_enc: (ell!.sessionNumber ?? 0) >>> 29,
    m2: manufacturerText(ell!.partner?.manufacturer ?? 0),
  }),
  afl: ({ afl, bytes }) => ({
    fcl: afl!.fragmentControl.toString(16).toUpperCase(),
    mcl: two(afl!.messageControl!),
    mcr: littleEndian(afl!.messageCounter!, 4),
    mac: hexOf(bytes.subarray(afl!.macAt, afl!.macAt + afl!.macLength)),
  }),
  tpl: ({ tpl, mac }) => ({
    ci: two(tpl!.ci),
    header: tpl!.ci >= FIRST_OWN_CI ? 'mfct' : tpl!.header,
    acc: tpl!.accessNumber,
    sts: two(tpl!.status),
    cfg: tpl!.configurationField.toString(16).toUpperCase().padStart(4, '0'),
    mode: tpl!.securityMode,
    mac_ok: mac === 'right',
    ...(tpl!.address ? addressFields(tpl!.address) : {}),
  }),
}

/** Unit as printed → the vectors' base unit and the power of ten between them. */
const BASE_UNITS: Readonly<Record<string, readonly [unit: string, power: number]>> = {
  kWh: ['Wh', 3],
  MWh: ['Wh', 6],
  GWh: ['Wh', 9],
  kW: ['W', 3],
  MW: ['W', 6],
  kJ: ['J', 3],
  MJ: ['J', 6],
  GJ: ['J', 9],
  'kJ/h': ['J/h', 3],
  'MJ/h': ['J/h', 6],
  'GJ/h': ['J/h', 9],
  '°C': ['C', 0],
  HCA: ['', 0],
}

const plain = (text: string): string => (/^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text)
const VARIABLE_LENGTH = 13

/** Exactly, in the vectors' base unit; texts without regard to case, because the vectors write hex in small letters. */
function valueIn(r: DataRecord): string | null {
  if (r.raw === null) return r.missing === null ? (r.text?.toLowerCase() ?? null) : null
  return plain(decimal(r.raw, r.exponent + (BASE_UNITS[r.unit]?.[1] ?? 0)))
}
const wantedValue = (value: string): string | null => (value === 'invalid' ? null : plain(value).toLowerCase())

/** The vectors' program does not know that some VIFEs make a duration, a moment or an error out of a value. */
const isOtherwise = (r: DataRecord): boolean => r.missing === 'error' || r.modifiers.some((m) => m.becomes !== undefined)

function compareRecord(d: Datagram, r: DataRecord, w: ExpectedRecord, vector: string): void {
  const found: ExpectedRecord = {
    drh: hexOf(d.bytes.subarray(r.at, r.dataAt)),
    raw: hexOf(d.bytes.subarray(r.coding === VARIABLE_LENGTH ? r.dataAt + 1 : r.dataAt, r.end)),
    storage: r.storage,
    tariff: r.tariff,
    subunit: r.subunit,
    function: FUNCTIONS[r.fn]!,
  }
  for (const name of Object.keys(found) as (keyof ExpectedRecord)[]) {
    if (w[name] !== undefined && w[name] !== null) expect([w.drh, name, found[name]]).toEqual([w.drh, name, w[name]])
  }
  if (isOtherwise(r) || READ_OTHERWISE[vector]?.[0] === w.drh) return
  if (typeof w.value === 'string') expect([w.drh, valueIn(r)]).toEqual([w.drh, wantedValue(w.value)])
  if (w.unit !== undefined) expect([w.drh, BASE_UNITS[r.unit]?.[0] ?? r.unit]).toEqual([w.drh, w.unit])
}

/** Records as they were sent, and those that a profile was expanded into. */
const sent = (d: Datagram): DataRecord[] => d.records.filter((r) => r.at < r.dataAt)
const expanded = (d: Datagram): DataRecord[] => d.records.filter((r) => r.at === r.dataAt)

function compareLayers(d: Datagram, expected: Vector['expected']): void {
  for (const layer of ['dll', 'ell', 'afl', 'tpl'] as const) {
    const wanted = expected[layer]
    if (!wanted) continue
    const found = LAYERS[layer](d)
    for (const name of Object.keys(found).filter((n) => n in wanted)) {
      expect([layer, name, String(found[name]).toUpperCase()]).toEqual([layer, name, String(wanted[name]).toUpperCase()])
    }
  }
}

const named = (vectors: readonly Vector[]) => vectors.map((v) => [v.name, v] as const)
const NEGATIVE = VECTORS.filter((v) => v.expected.expect_error !== undefined)
const POSITIVE = VECTORS.filter((v) => v.expected.expect_error === undefined && !(v.name in REFUSED))

describe.skipIf(!present)('public vectors', () => {
  it('are all there', () => {
    expect([VECTORS.length, NEGATIVE.length, POSITIVE.length]).toEqual([111, 18, 90])
    expect(VECTORS.filter((v) => v.name in REFUSED)).toHaveLength(Object.keys(REFUSED).length)
  })

  it.each(named(NEGATIVE))('%s is a fault', (_, v) => {
    expect(opened(v).fault).not.toBeNull()
  })

  it.each(Object.entries(REFUSED))('%s ends as %s', (name, [fault]) => {
    expect(opened(VECTORS.find((v) => v.name === name)!).fault).toBe(fault)
  })

  it.each(named(POSITIVE))('%s', (_, { expected, ...v }) => {
    const d = opened({ expected, ...v })
    expect(d.fault).toBeNull()
    compareLayers(d, expected)
    if (d.format?.headers && d.records.length === 0) return expect(hexOf(d.format.headers)).toBe(expected.drh)
    const wanted = (expected.records ?? []).filter((r) => r.special_dif === undefined && !r.truncated)
    if (expected.records) expect(sent(d)).toHaveLength(wanted.length)
    for (const [i, w] of wanted.entries()) compareRecord(d, sent(d)[i]!, w, v.name)
    const { profile_values_unscaled: raws, profile_values_m3: volumes } = expected
    if (raws) expect(expanded(d).map((r) => String(r.raw))).toEqual(raws)
    if (volumes) expect(expanded(d).map((r) => decimal(r.raw!, r.exponent))).toEqual(volumes)
  })
})
