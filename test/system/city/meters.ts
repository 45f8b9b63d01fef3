/** The meters of the city: what they count, and what they send. They share no code with the gateway. */
import { createHash } from 'node:crypto'
import {
  bcd,
  crc16,
  date,
  ellSession,
  frameA,
  frameB,
  hex,
  integer,
  join,
  noHeader,
  record,
  type Sender,
  shortHeader,
  stripped,
} from '../../support/telegrams.ts'
import { monthStored } from './calendar.ts'

export interface CityMeter {
  /** `KAM-50000001`. */
  readonly name: string
  readonly key: Uint8Array
  readonly sender: Sender
  readonly kind: Kind
  /** When it sends for the first time. */
  readonly firstMs: number
  /** Counts from here on. */
  readonly sinceMs: number
  readonly kW: number
  readonly startKwh: number
  readonly flowTemperature: number
  readonly difference: number
}

/** One way of being a meter: how often it is on the air, how much of that is heard, and what it says. */
export interface Kind {
  readonly manufacturer: string
  readonly version: number
  readonly everyMs: number
  /** Probability that one telegram is heard: one antenna, pure ALOHA. */
  readonly heard: number
  /** So many of hundred meters. */
  readonly share: number
  /** Seven of eight telegrams leave out what the eighth says of their records. */
  readonly compact: boolean
  /** The ends of months it sends count for the end of a day: with every register it has (`whole`), or without some. */
  readonly stores: 'no' | 'partly' | 'whole'
  readonly crc: 'A' | 'B'
  records(meter: CityMeter, utcMs: number): Records
  frame(meter: CityMeter, records: Records, send: number): Uint8Array
}

/** DIF and VIF, and the data behind them. */
type Records = readonly (readonly [header: string, data: Uint8Array])[]

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const KWH_PER_M3_K = 1.15

export interface Shown {
  readonly kWh: number
  /** Hundredths. */
  readonly m3: number
}

const kWhAt = ({ kW, startKwh, sinceMs }: CityMeter, utcMs: number): number => startKwh + (kW * (utcMs - sinceMs)) / HOUR_MS
const m3At = (meter: CityMeter, utcMs: number): number => kWhAt(meter, utcMs) / (KWH_PER_M3_K * meter.difference)

/** What its display shows: last digits cut, not rounded. */
export const shownAt = (meter: CityMeter, utcMs: number): Shown => ({
  kWh: Math.floor(kWhAt(meter, utcMs)),
  m3: Math.floor(100 * m3At(meter, utcMs)),
})

const hoursAt = ({ sinceMs }: CityMeter, utcMs: number): number => 1_000 + Math.floor((utcMs - sinceMs) / HOUR_MS)
const temperatures = ({ flowTemperature, difference }: CityMeter): Records => [
  ['0259', integer(Math.round(100 * flowTemperature), 2)],
  ['025D', integer(Math.round(100 * (flowTemperature - difference)), 2)],
]
const flow = (meter: CityMeter): Uint8Array => integer(Math.round((1_000 * meter.kW) / (KWH_PER_M3_K * meter.difference)), 2)

/** What it stored last, under the date it gives that moment: the first day of the month, or the last of the one before. */
const month = (meter: CityMeter, utcMs: number, stamp: 'start' | 'end'): Records => {
  const storedMs = monthStored(utcMs)
  const { kWh, m3 } = shownAt(meter, storedMs)
  const first = storedMs + HOUR_MS
  const named = new Date(stamp === 'start' ? first : first - DAY_MS).toISOString().slice(0, 10)
  return [
    ['4406', integer(kWh, 4)],
    ['4414', integer(m3, 4)],
    ['426C', date(named)],
  ]
}

const body = (records: Records): Uint8Array => join(...records.map(([header, data]) => record(header, data)))

/** Extended link layer with a session, and every eighth time a full frame. */
const kamstrupFrame = ({ sender, key }: CityMeter, records: Records, send: number): Uint8Array => {
  const full = body(records)
  const formats = integer(crc16(hex(records.map(([header]) => header).join(''))), 2)
  const compact = join([0x79], formats, integer(crc16(full), 2), ...records.map(([, data]) => data))
  const content = isFull(send) ? noHeader(full) : compact
  return frameB(stripped(sender, ellSession(sender, content, { accessNumber: send & 0xff, session: send & 0x1fff_ffff, key })))
}

const isFull = (send: number): boolean => send % 8 === 0
/** Whether it can be understood by whoever has not heard a full frame of its kind. */
export const isCompact = ({ kind }: CityMeter, send: number): boolean => kind.compact && !isFull(send)

/** What one antenna hears among 7,000 and 10,000 meters that send every 16 s, and 10,000 every 15 minutes: pure ALOHA. */
export const KINDS: readonly Kind[] = [
  {
    ...{ manufacturer: 'KAM', version: 0x34, everyMs: 16_000, heard: 0.0031, share: 45, compact: true, stores: 'partly', crc: 'B' },
    records: (meter, utcMs) => {
      const { kWh, m3 } = shownAt(meter, utcMs)
      const volume = m3At(meter, utcMs)
      return [
        ['0406', integer(kWh, 4)],
        ['04FF07', integer(Math.floor(volume * meter.flowTemperature), 4)],
        ['04FF08', integer(Math.floor(volume * (meter.flowTemperature - meter.difference)), 4)],
        ['0414', integer(m3, 4)],
        ['0422', integer(hoursAt(meter, utcMs), 4)],
        ['023B', flow(meter)],
        ...temperatures(meter),
        ['04FF22', integer(0, 4)],
        ...month(meter, utcMs, 'start'),
      ]
    },
    frame: kamstrupFrame,
  },
  {
    ...{ manufacturer: 'KAM', version: 0x30, everyMs: 16_000, heard: 0.00028, share: 45, compact: true, stores: 'whole', crc: 'B' },
    records: (meter, utcMs) => {
      const { kWh, m3 } = shownAt(meter, utcMs)
      return [['0406', integer(kWh, 4)], ['0414', integer(m3, 4)], ['023B', flow(meter)], ...month(meter, utcMs, 'end')]
    },
    frame: kamstrupFrame,
  },
  {
    ...{ manufacturer: 'ELS', version: 0x1a, everyMs: 900_000, heard: 0.74, share: 10, compact: false, stores: 'no', crc: 'A' },
    records: (meter, utcMs) => {
      const { kWh, m3 } = shownAt(meter, utcMs)
      return [['0C06', bcd(kWh, 4)], ['0C14', bcd(m3, 4)], ['0C26', bcd(hoursAt(meter, utcMs), 4)], ...temperatures(meter)]
    },
    frame: ({ sender, key }, records, send) =>
      frameA(stripped(sender, shortHeader(sender, body(records), { accessNumber: send & 0xff, key }))),
  },
]

/** @param random 0 ≤ x < 1 */
export const makeMeters = (count: number, kinds: readonly Kind[], sinceMs: number, first: number, random: () => number): CityMeter[] =>
  Array.from({ length: count }, (_, n) => {
    const kind = kindAt(kinds, (100 * n) / count)
    const id = String(first + n)
    const sender: Sender = { manufacturer: kind.manufacturer, id, version: kind.version, type: 4 }
    return {
      name: `${kind.manufacturer}-${id}`,
      key: createHash('md5').update(id).digest(),
      ...{ sender, kind, sinceMs },
      firstMs: sinceMs + Math.floor(random() * kind.everyMs),
      kW: 0.3 + 5 * random(),
      startKwh: 150_000 * random(),
      flowTemperature: 60 + Math.floor(25 * random()),
      difference: 15 + Math.floor(30 * random()),
    }
  })

const kindAt = (kinds: readonly Kind[], percent: number): Kind => {
  let upTo = 0
  for (const kind of kinds) {
    upTo += kind.share
    if (percent < upTo) return kind
  }
  return kinds.at(-1)!
}

/** The frame as it leaves its antenna. */
export const telegramOf = (meter: CityMeter, utcMs: number, send: number): Uint8Array =>
  meter.kind.frame(meter, meter.kind.records(meter, utcMs), send)
