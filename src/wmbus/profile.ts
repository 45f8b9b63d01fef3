/**
 * Compact profiles (EN 13757-3, annex F): one record with a series of values, each given as it is or as a difference to the
 * one before. Here every value becomes a record of its own, with its own storage number and moment.
 */
import type { Datagram } from './datagram.ts'
import { type DataRecord, vibKeyOf } from './record.ts'
import { MOST_RECORDS } from './records.ts'
import { momentAfter, type Spacing, spacingOf } from './spacing.ts'
import { readData } from './value.ts'
import type { Modifier } from './vife.ts'

const INVERSE = 0x13
const PROFILES = new Set([INVERSE, 0x1e, 0x1f])
const isProfile = (m: Modifier): boolean => PROFILES.has(m.code)

const VARIABLE_LENGTH = 13
const LONGEST = 0xbf
/** Integers and BCD; a difference of reals would not be exact. */
const ELEMENT_CODINGS = new Set([1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 14])

/** Mode of the series, bits 7–6 of the spacing control: 0 values, 1 increments, 2 decrements, 3 signed differences. */
const DIFFERENCE_SIGNS: readonly (1 | -1 | null)[] = [null, 1, -1, 1]
const UNSIGNED_MODES = new Set([1, 2])

/** What the first two data bytes, spacing control and spacing value, say of the series. */
interface Series {
  readonly coding: number
  readonly spacing: Spacing | null
  /** How differences add up; null where every element is the value itself. */
  readonly sign: 1 | -1 | null
  readonly unsigned: boolean
  /** Steps in time from one element to the next. */
  readonly direction: 1 | -1
  /** The profile's modifiers but the one that makes it a profile. */
  readonly modifiers: readonly Modifier[]
}

function seriesOf(d: Datagram, r: DataRecord): Series | null {
  const profile = r.modifiers.find(isProfile)
  const length = d.bytes[r.dataAt]!
  if (!profile || r.coding !== VARIABLE_LENGTH || length > LONGEST) return null
  const control = d.bytes[r.dataAt + 1]!
  const mode = control >> 6
  const coding = control & 0x0f
  const modifiers = r.modifiers.filter((m) => !isProfile(m))
  if (!ELEMENT_CODINGS.has(coding) || modifiers.some((m) => m.addend !== undefined)) return null
  const direction = profile.code === INVERSE ? -1 : 1
  const sign = DIFFERENCE_SIGNS[mode]!
  return {
    coding,
    spacing: spacingOf((control >> 4) & 3, d.bytes[r.dataAt + 2]!),
    sign: sign === null ? null : sign === direction ? 1 : -1,
    unsigned: UNSIGNED_MODES.has(mode),
    direction,
    modifiers,
  }
}

/** The value that the differences start from: the same VIB without the profile, in the same storage, tariff and subunit. */
function baseValue(records: readonly DataRecord[], r: DataRecord, key: number): number | bigint | null {
  const base = records.find(
    (b) =>
      b.vibKey === key &&
      b.exponent === r.exponent &&
      b.storage === r.storage &&
      b.tariff === r.tariff &&
      b.subunit === r.subunit &&
      b.fn === r.fn,
  )
  return base?.raw ?? null
}

const isMoment = (r: DataRecord): boolean => r.type === 'date' || r.type === 'dateTime'

/** The moment that the steps start from: the date of the same storage. A time of day alone is none. */
function baseMoment(records: readonly DataRecord[], r: DataRecord): string | null {
  const base = records.find((b) => isMoment(b) && b.storage === r.storage && b.modifiers.length === 0 && b.text?.[4] === '-')
  return base?.text ?? null
}

/** Exact whatever the sizes. */
function plus(a: number | bigint, b: number | bigint): number | bigint {
  const sum = BigInt(a) + BigInt(b)
  return sum > Number.MAX_SAFE_INTEGER || sum < Number.MIN_SAFE_INTEGER ? sum : Number(sum)
}

/** FF…FF of an unsigned element means that there is no value. */
const isAllOnes = (d: Datagram, r: DataRecord): boolean => d.bytes.subarray(r.at, r.end).every((byte) => byte === 0xff)

/** Appends the values of one profile. Elements that are not available leave a gap; differences behind one tell nothing. */
function expand(d: Datagram, profile: DataRecord, series: Series): void {
  const { coding, spacing, sign, modifiers } = series
  const vibKey = vibKeyOf(profile.vif, modifiers)
  const moment = spacing && baseMoment(d.records, profile)
  let value = sign === null ? 0 : baseValue(d.records, profile, vibKey)
  const type = series.unsigned && profile.type === 'number' ? 'unsigned' : profile.type
  const c = { bytes: d.bytes, pos: profile.dataAt + 3, end: profile.end, short: false }
  for (let n = 1; c.pos < c.end && value !== null && d.records.length < MOST_RECORDS; n++) {
    const at = c.pos
    const element: DataRecord = { ...profile, at, dataAt: at, coding, type, modifiers: [], vibKey, raw: null, text: null }
    if (readData(c, element)) return
    if (type === 'unsigned' && isAllOnes(d, element)) element.raw = null
    if (sign !== null) value = element.raw === null ? null : plus(value, sign === 1 ? element.raw : -element.raw)
    if (element.raw === null && (element.text === null || element.missing !== null)) continue
    const date = moment && spacing && momentAfter(moment, spacing, n * series.direction)
    d.records.push({
      ...element,
      storage: profile.storage + n,
      type: profile.type,
      modifiers,
      raw: sign === null ? element.raw : value,
      date,
    })
  }
}

/** Appends the values of every compact profile. Never fails: a profile that is none stays the record it is. */
export function expandProfiles(d: Datagram): undefined {
  const { length } = d.records
  for (let i = 0; i < length; i++) {
    const r = d.records[i]!
    const series = r.modifiers.length > 0 ? seriesOf(d, r) : null
    if (series) expand(d, r, series)
  }
}
