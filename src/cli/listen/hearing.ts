import { decoderFor, type Registry } from '../../decoders/index.ts'
import { observe } from '../../decoders/interpret.ts'
import { identify } from '../../identity.ts'
import { learnedFormats } from '../../memory/formats.ts'
import { byLastHearing, heardAgain, type MeterOnAir } from '../../memory/on-air.ts'
import { type HeardBy, isRelayed, recentTelegrams } from '../../memory/recent.ts'
import { type Address, meterName } from '../../wmbus/address.ts'
import type { FormatOf } from '../../wmbus/compact.ts'
import type { Datagram } from '../../wmbus/datagram.ts'
import { decimal } from '../../wmbus/decimal.ts'
import { address, frame, open } from '../../wmbus/decode.ts'
import { KEY_FAULTS } from '../../wmbus/fault.ts'
import type { Key } from '../../wmbus/security.ts'
import type { Telegram } from '../../wmbus/telegram.ts'

/** One meter as the antenna hears it. */
export interface HeardMeter extends MeterOnAir {
  /** Of a meter with a key: whether it fits. */
  readonly key?: string
  /** Of a meter that could be read: `energy 12.3 MWh, …`. */
  readonly values?: string
}

export interface Hearing {
  /** `repeated`: heard before; `relayed`: that, as a repeater's copy. `unaddressed`: right by its CRC, but of no meter: a wired frame, a layer nobody knows. */
  readonly kind: 'new' | 'repeated' | 'relayed' | 'unaddressed' | 'damaged'
  readonly meter: HeardMeter | null
  /** Everyone who heard this telegram so far, the first one first. */
  readonly by: readonly HeardBy[]
  /** CRC-free, its L-field right; empty where it is damaged. */
  readonly bytes: Uint8Array
}

export interface Ear {
  hear(telegram: Telegram): Hearing
  meters(): readonly HeardMeter[]
}

/** The meters whose telegrams are read, each with its key or null; undefined: not one of them. */
export type KeyOf = (meter: string) => Key | null | undefined

/** The same telegram from another receiver, or from the other algorithm of rtl_wmbus. */
const HEARD_TWICE_MS = 30_000
const MOST_RECENT = 20_000
/** More than any antenna hears. */
const MOST_METERS = 20_000
const NO_BYTES = new Uint8Array(0)

/** Hears telegrams without a configuration or a store: whose they are, and of the meters in `keyOf` what they say. */
export function listeningEar(registry: Registry, keyOf: KeyOf): Ear {
  const recent = recentTelegrams(HEARD_TWICE_MS, MOST_RECENT)
  const formats = learnedFormats(null)
  const heard = byLastHearing<HeardMeter>(MOST_METERS)

  return {
    hear(telegram) {
      const d = frame(telegram.bytes, telegram.crc)
      if (d.fault !== null) return { kind: 'damaged', meter: null, by: [], bytes: NO_BYTES }
      // Opening works in place.
      const bytes = d.bytes.slice()
      const { times, by } = recent.hear(d, telegram)
      const isNew = times === 1
      const whose = identify(address(d))
      if (whose === null) return { kind: 'unaddressed', meter: null, by, bytes }
      const name = meterName(whose)
      const before = heard.meters.get(name)
      const again = heardAgain(before, whose, isNew ? d : null, telegram, by)
      const key = keyOf(name)
      const said = isNew && key !== undefined ? read(d, whose, registry, key, formats.formatOf) : {}
      if (isNew && key !== undefined) formats.learn(d)
      const meter = { ...before, ...again, ...said }
      heard.put(meter)
      return { kind: isNew ? 'new' : isRelayed(d) ? 'relayed' : 'repeated', meter, by, bytes }
    },
    meters: () => [...heard.meters.values()],
  }
}

const CLOSED = { 'no-key': 'key needed', 'wrong-key': 'key does not fit' } as const

/** Opens the datagram: whether the key fits, and the present values by the meter type. */
function read(d: Datagram, whose: Address, registry: Registry, key: Key | null, formatOf: FormatOf): Pick<HeardMeter, 'key' | 'values'> {
  open(d, key, formatOf)
  if (d.fault !== null) {
    const closed = KEY_FAULTS[d.fault]
    return closed === undefined ? {} : { key: CLOSED[closed] }
  }
  const heard = { bootId: '', monotonicMs: 0, utcMs: null }
  const observation = observe(decoderFor(whose, registry), d, meterName(whose), whose, heard, false)
  const present = observation?.measurements.filter(({ kind }) => kind !== 'historic') ?? []
  const values = present.map(({ name, raw, exponent, unit }) => `${name} ${decimal(raw, exponent)} ${unit}`.trim()).join(', ')
  return { ...(d.encryption !== 'none' && { key: 'key fits' }), ...(values !== '' && { values }) }
}
