/** Which meter a message means, and whether its messages still count. */
import type { RegisteredMeters } from '../../memory/registered.ts'
import type { SmsSources } from '../../memory/sms-sources.ts'
import { resolveMeter } from '../../meter-name.ts'
import type { KnownMeter } from '../../sms/formats/mbus.ts'
import type { Senders } from '../../sms/senders.ts'
import type { Meter, Store } from '../../store/store.ts'
import { manufacturerCode } from '../../wmbus/address.ts'

/** The one meter that a name means. */
export function meterCalled(store: Store, name: string): Meter | null {
  const [only, ...others] = resolveMeter(store.meters.list(), name)
  return only === undefined || others.length > 0 ? null : only
}

/** Those that may be asked, each with the number that reports it: a name in letters is none to be asked at. */
export function phonesOf(store: Store, sources: SmsSources, senders: Senders): ReadonlyMap<string, string> {
  const phones = new Map<string, string>()
  for (const [phone, names] of senders) {
    if (!phone.startsWith('+')) continue
    for (const name of names) {
      const meter = (store.meters.get(name) ?? meterCalled(store, name))?.meter
      if (meter !== undefined && !phones.has(meter) && endOf(store, sources, meter) === null) phones.set(meter, phone)
    }
  }
  return phones
}

/** The meter that a name means, with its key; one that another has replaced is still known by its name, so that its messages can be told from others. */
export function knownMeter(store: Store, meters: RegisteredMeters, name: string): KnownMeter | null {
  const only = meterCalled(store, name)
  if (only === null || (only.retiredAt !== null && only.replacedBy === null)) return null
  const address = { manufacturer: manufacturerCode(only.meter), id: Number.parseInt(only.meter.slice(4), 16), version: 0, deviceType: 0 }
  return { meter: only.meter, key: meters.find(address)?.key ?? null }
}

/** Why messages of a meter count no more; null where they do. */
export function endOf(store: Store, sources: SmsSources, meter: string): 'sms.ended' | 'sms.replaced' | null {
  if (sources.meters.get(meter)?.ended) return 'sms.ended'
  return store.meters.get(meter)?.retiredAt ? 'sms.replaced' : null
}
