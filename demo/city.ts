/** A small city: who lives there, what they use, when their meters send, and so what every reading must say. */
import { createHash } from 'node:crypto'
import type { Sender } from '../test/support/telegrams.ts'
import {
  FLOWIQ,
  HYDRUS,
  hasMac,
  ITRON_CF,
  isEncrypted,
  type Model,
  MULTICAL_403,
  MULTICAL_603,
  MULTICAL_603_GJ,
  recordsOf,
  registersOf,
  SENSOSTAR,
  SHARKY_775,
  type State,
  T550,
  ZELSIUS,
} from './models.ts'

const utc = (iso: string): number => Date.parse(`2026-${iso}:00Z`)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The gateway is switched on at 6 in the morning and off when the fourth day has closed. */
export const BEGIN = utc('10-24T04:00')
export const END = utc('10-28T01:10')

export interface Day {
  readonly day: string
  readonly from: number
  readonly to: number
}

/** Copenhagen's days, written down and not computed. In the night to the 25th the clocks go back. */
export const DAYS: readonly Day[] = [
  { day: '2026-10-24', from: utc('10-23T22:00'), to: utc('10-24T22:00') },
  { day: '2026-10-25', from: utc('10-24T22:00'), to: utc('10-25T23:00') },
  { day: '2026-10-26', from: utc('10-25T23:00'), to: utc('10-26T23:00') },
  { day: '2026-10-27', from: utc('10-26T23:00'), to: utc('10-27T23:00') },
]

export interface Resident {
  readonly model: Model
  readonly id: string
  /** Mean consumption. */
  readonly kW: number
  /** Stands in the register of the gateway; the others are neighbours. */
  readonly ours?: boolean
  /** With a key that is not the meter's. */
  readonly wrongKey?: boolean
  /** From when to when nothing of it can be heard, and what is told of a day without a reading. */
  readonly silent?: readonly (readonly [from: number, to: number])[]
  readonly gap?: string
}

export const RESIDENTS: readonly Resident[] = [
  { model: MULTICAL_403, id: '60110403', kW: 1.7, ours: true },
  { model: MULTICAL_603, id: '60220603', kW: 83, ours: true },
  { model: MULTICAL_603_GJ, id: '60330603', kW: 21, ours: true },
  { model: SHARKY_775, id: '44512907', kW: 2.4, ours: true },
  { model: T550, id: '67213358', kW: 5.2, ours: true, silent: [[utc('10-24T19:10'), utc('10-25T00:40')]] },
  {
    model: SENSOSTAR,
    id: '26300117',
    kW: 1.1,
    ours: true,
    gap: 'silent at weekends',
    // From 8 to 18 on working days it sends.
    silent: [
      [BEGIN, utc('10-26T07:00')],
      [utc('10-26T17:00'), utc('10-27T07:00')],
      [utc('10-27T17:00'), END],
    ],
  },
  {
    model: ITRON_CF,
    id: '11850042',
    kW: 3.3,
    ours: true,
    gap: 'not heard all day',
    silent: [[utc('10-25T22:50'), utc('10-26T23:20')]],
  },
  { model: ZELSIUS, id: '38004711', kW: 9.6, ours: true },
  { model: MULTICAL_403, id: '60440403', kW: 2, ours: true, wrongKey: true, gap: 'its key is wrong' },
  { model: MULTICAL_403, id: '70550403', kW: 2 },
  { model: MULTICAL_603, id: '70660603', kW: 50 },
  { model: SHARKY_775, id: '44998801', kW: 2 },
  { model: FLOWIQ, id: '71770021', kW: 1 },
  { model: HYDRUS, id: '09381544', kW: 1 },
]

/** Always the same throw for the same question, 0 ≤ x < 1. */
const dice = (question: string): number => createHash('sha256').update(`varmesky ${question}`).digest().readUInt32LE() / 2 ** 32

export const nameOf = ({ model, id }: Resident): string => `${model.manufacturer}-${id}`
export const keyOf = (r: Resident): Uint8Array =>
  createHash('sha256')
    .update(`key of ${nameOf(r)}`)
    .digest()
    .subarray(0, 16)

/** How far consumption swings around its mean in the course of a day: most in the morning, least at night. */
const SWING = 0.6
const DAY_H = 24
const PEAK_H = 6
const T_FLOW = 71
const T_RETURN = 38
/** Heat in a cubic metre of water for every kelvin. */
const KWH_PER_M3_K = 1.137

/** The integral of `kW × (1 + SWING × cos(…))`: it always rises, faster in the morning than at night. */
function stateOf(r: Resident, utcMs: number): State {
  const hours = (utcMs - DAYS[0]!.from) / HOUR_MS
  const turn = (2 * Math.PI) / DAY_H
  const used = r.kW * (hours + (SWING / turn) * (Math.sin(turn * (hours - PEAK_H)) + Math.sin(turn * PEAK_H)))
  const kWh = r.kW * 8_000 * (1 + 5 * dice(`age of ${r.id}`)) + used
  const m3 = kWh / (KWH_PER_M3_K * (T_FLOW - T_RETURN))
  return {
    kWh,
    m3,
    m3Flow: m3 * T_FLOW,
    m3Return: m3 * T_RETURN,
    flow: T_FLOW + dice(`flow ${r.id} ${utcMs}`),
    back: T_RETURN + dice(`return ${r.id} ${utcMs}`),
  }
}

/** Something on the air. */
export interface Transmission {
  readonly by: Resident
  readonly utcMs: number
  /** When the meter made the telegram, and which one of its it is. */
  readonly madeMs: number
  readonly n: number
  readonly repeated: boolean
  /** A bit of it is wrong when it comes out of the stick. */
  readonly damaged: boolean
}

const INTERVAL_MS = 20 * MINUTE_MS
/** The interval varies with the access number, so that no two meters meet for ever (EN 13757-4, synchronous transmission). */
const intervalAfter = (n: number): number => INTERVAL_MS * (1 + (Math.abs((n & 0xff) - 128) - 64) / 2048)
const DAMAGED = 0.015
const REPEATED = 0.08
const REPEATER_MS = 4_000

function transmissionsOf(r: Resident): Transmission[] {
  const sent: Transmission[] = []
  let n = Math.floor(4_000 * dice(`telegrams of ${r.id}`))
  for (let at = BEGIN + INTERVAL_MS * dice(`phase of ${r.id}`); at < END; at += intervalAfter(n++)) {
    const utcMs = 1000 * Math.floor(at / 1000)
    if (r.silent?.some(([from, to]) => utcMs >= from && utcMs < to)) continue
    const damaged = dice(`damage ${r.id} ${n}`) < DAMAGED
    const original = { by: r, utcMs, madeMs: utcMs, n, repeated: false, damaged }
    sent.push(original)
    if (!damaged && dice(`repeat ${r.id} ${n}`) < REPEATED) sent.push({ ...original, utcMs: utcMs + REPEATER_MS, repeated: true })
  }
  return sent
}

/** All that is on the air in the four days, in order. */
export const TRANSMISSIONS: readonly Transmission[] = RESIDENTS.flatMap(transmissionsOf).sort((a, b) => a.utcMs - b.utcMs)

const CI_AT = 10
const HOP = 0x10
const REPEATED_C = 0x80

export function telegramOf({ by, madeMs, n, repeated }: Transmission): Uint8Array {
  const { manufacturer, version, type, wrap } = by.model
  const sender: Sender = { manufacturer, id: by.id, version, type }
  const telegram = wrap(sender, recordsOf(by.model, stateOf(by, madeMs)), n, keyOf(by))
  const hasEll = telegram[CI_AT]! >= 0x8c && telegram[CI_AT]! <= 0x8f
  // A repeater says so in the extended link layer where there is one, else in the C-field.
  if (repeated) telegram[hasEll ? CI_AT + 1 : 1]! |= hasEll ? HOP : REPEATED_C
  return telegram
}

/** What billing must get of one meter and day. */
export interface Truth {
  readonly meter: string
  readonly day: string
  readonly kind: 'boundary' | 'early'
  readonly offsetSeconds: number
  /** `{ energy: '79846 kWh', … }`. */
  readonly registers: Readonly<Record<string, string>>
}

const TOLERANCE_MS = 15 * MINUTE_MS

/** The telegram nearest to midnight, up to a quarter of an hour before or after it, else the day's last; else null. */
export function truthOf(r: Resident, { day, from, to }: Day): Truth | null {
  const heard = TRANSMISSIONS.filter(({ by, damaged, utcMs }) => by === r && !damaged && utcMs >= from && utcMs <= to + TOLERANCE_MS)
  const away = ({ utcMs }: Transmission): number => Math.abs(utcMs - to)
  const nearest = heard.sort((a, b) => away(a) - away(b))[0]
  if (nearest === undefined || r.wrongKey) return null
  return {
    meter: nameOf(r),
    day,
    kind: away(nearest) <= TOLERANCE_MS ? 'boundary' : 'early',
    offsetSeconds: (nearest.utcMs - to) / 1000,
    registers: registersOf(r.model, stateOf(r, nearest.madeMs)),
  }
}

/** How the gateway must have counted what it heard. */
export function ledger(): Readonly<Record<'observation' | 'duplicate' | 'unlisted' | 'fault' | 'refused', number>> {
  const heard = TRANSMISSIONS.filter(({ damaged }) => !damaged)
  const first = heard.filter(({ repeated }) => !repeated)
  const count = (fits: (r: Resident) => boolean): number => first.filter(({ by }) => fits(by)).length
  const isRead = ({ ours, wrongKey }: Resident): boolean => ours === true && wrongKey !== true
  // Without a MAC the first telegram that a key opens proves nothing; the second, which fits it, does.
  const refused = RESIDENTS.filter((r) => isRead(r) && isEncrypted(r.model) && !hasMac(r.model)).length
  return {
    observation: count(isRead) - refused,
    duplicate: heard.length - first.length,
    unlisted: count(({ ours }) => ours !== true),
    fault: count(({ wrongKey }) => wrongKey === true),
    refused,
  }
}
