/** Which meter a message means, and whether its messages still count. */
import type { RegisteredMeters } from '../../memory/registered.ts'
import type { SmsSources } from '../../memory/sms-sources.ts'
import { resolveMeter } from '../../meter-name.ts'
import type { KnownMeter } from '../../sms/formats/mbus.ts'
import type { Meter, Store } from '../../store/store.ts'
import { manufacturerCode } from '../../wmbus/address.ts'

/** The one meter that a name means. */
export function meterCalled(store: Store, name: string): Meter | null {
  const [only, ...others] = resolveMeter(store.meters.list(), name)
  return only === undefined || others.length > 0 ? null : only
}

/** The same with its key; one that another has replaced is still known by its name, so that its messages can be told from others. */
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
