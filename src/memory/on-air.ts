import type { Observer } from '../outcome.ts'
import { type Address, manufacturerText, meterName } from '../wmbus/address.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { deviceTypeText } from '../wmbus/device-type.ts'
import type { LinkMode, Telegram } from '../wmbus/telegram.ts'
import { type HeardBy, type Hearing, heardBest, renewed } from './recent.ts'

/** One meter as the antenna hears it: nothing of what it measured. */
export interface MeterOnAir {
  /** `KAM-07134347`. */
  readonly meter: string
  readonly manufacturer: string
  /** Device type in words. */
  readonly type: string
  /** `no`, `mode 5`, `AES-CTR`. */
  readonly encrypted: string
  /** dBm of the last telegram whose strength was told, by the receiver that heard it best. */
  readonly rssi: number | null
  readonly mode: LinkMode | null
  /** Everyone who heard it, each with the last telegram it heard; a repeater's copies apart. */
  readonly receivers: readonly HeardBy[]
  readonly telegrams: number
  /** By the monotonic clock. */
  readonly lastMs: number
}

/** What protects a telegram, whether it has been opened or not. */
const encryptedText = ({ sealed, encryption, tpl }: Datagram): string =>
  sealed || encryption === 'ell-ctr' ? 'AES-CTR' : (tpl?.securityMode ?? 0) > 0 ? `mode ${tpl!.securityMode}` : 'no'

/**
 * The meter with one more telegram. `d`: null where it is the same telegram again, which tells nothing new but where it was heard;
 * `by`: everyone who heard this telegram so far.
 */
export function heardAgain(
  before: MeterOnAir | undefined,
  whose: Address,
  d: Datagram | null,
  telegram: Telegram,
  by: Hearing['by'],
): MeterOnAir {
  return {
    meter: meterName(whose),
    manufacturer: manufacturerText(whose.manufacturer),
    type: deviceTypeText(whose.deviceType),
    encrypted: d === null ? (before?.encrypted ?? '') : encryptedText(d),
    rssi: heardBest(by)?.rssi ?? before?.rssi ?? null,
    mode: telegram.mode ?? before?.mode ?? null,
    receivers: renewed(before?.receivers ?? [], by),
    telegrams: (before?.telegrams ?? 0) + (d === null ? 0 : 1),
    lastMs: telegram.heard.monotonicMs,
  }
}

export interface ByLastHearing<M extends MeterOnAir> {
  /** The one heard last comes last. */
  readonly meters: ReadonlyMap<string, M>
  put(meter: M): void
  forgetBefore(ms: number): void
}

/** Bounded: beyond the most, the meter heard least lately gives way. */
export function byLastHearing<M extends MeterOnAir>(most: number): ByLastHearing<M> {
  const meters = new Map<string, M>()
  const oldest = (): M | undefined => meters.values().next().value
  return {
    meters,
    put(meter) {
      // Deleted first: a map keeps the place of what is in it.
      meters.delete(meter.meter)
      meters.set(meter.meter, meter)
      if (meters.size > most) meters.delete(oldest()!.meter)
    },
    forgetBefore(ms) {
      for (let meter = oldest(); meter !== undefined && meter.lastMs < ms; meter = oldest()) meters.delete(meter.meter)
    },
  }
}

export interface OnAirOptions {
  readonly keepMs: number
  readonly most: number
  /** Whether meters that are not registered are remembered, too. */
  readonly unlisted: boolean
  /** Whose telegram it is. */
  whose(d: Datagram): Address | null
}

/** Who is on the air, in RAM only, for people who watch. */
export interface OnAir extends Observer {
  /** Meters whose last telegram came after `afterMs`, the earliest first: `most`, and those of the same moment as the last of them. */
  after(afterMs: number, most: number, nowMs: number): readonly MeterOnAir[]
}

export function metersOnAir({ keepMs, most, unlisted, whose }: OnAirOptions): OnAir {
  const heard = byLastHearing<MeterOnAir>(most)
  return {
    outcome({ kind, meter, datagram, hearing, telegram }) {
      if (datagram === null || hearing === null || meter === null || (kind === 'unlisted' && !unlisted)) return
      const before = heard.meters.get(meter)
      const isNew = kind !== 'duplicate'
      // One that is not remembered is nobody's who may be.
      if (!isNew && before === undefined) return
      const address = whose(datagram)
      if (address) heard.put(heardAgain(before, address, isNew ? datagram : null, telegram, hearing.by))
    },
    after(afterMs, most, nowMs) {
      heard.forgetBefore(nowMs - keepMs)
      const later = [...heard.meters.values()].filter(({ lastMs }) => lastMs > afterMs)
      const lastShown = later[most - 1]?.lastMs ?? Number.POSITIVE_INFINITY
      return later.filter(({ lastMs }) => lastMs <= lastShown)
    },
  }
}
