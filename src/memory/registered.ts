import type { Meters } from '../store/store.ts'
import { type Address, METER_NAME, meterKey, meterKeyOf } from '../wmbus/address.ts'
import { aesKey, type Key } from '../wmbus/security.ts'

/** A registered meter as the hot path needs it. */
export interface Registered {
  /** `KAM-07134347`. */
  readonly meter: string
  readonly key: Key | null
}

/** The store's meters by the number on the air; follows every change at the next telegram. */
export interface RegisteredMeters {
  find(address: Address): Registered | undefined
  size(): number
}

export function registeredMeters(meters: Meters): RegisteredMeters {
  const byAddress = new Map<number, Registered>()
  const refresh = (meter: string): void => {
    if (!METER_NAME.test(meter)) return
    if (meters.get(meter) === undefined) byAddress.delete(meterKeyOf(meter))
    else {
      const bytes = meters.keyOf(meter)
      byAddress.set(meterKeyOf(meter), { meter, key: bytes && aesKey(bytes) })
    }
  }
  for (const { meter } of meters.list()) refresh(meter)
  meters.onChange(refresh)
  return { find: (address) => byAddress.get(meterKey(address)), size: () => byAddress.size }
}
