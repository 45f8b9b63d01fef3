import type { Log } from '../log.ts'
import type { Meters } from '../store/store.ts'
import { type Address, METER_NAME, meterKey, meterKeyOf } from '../wmbus/address.ts'
import { aesKey, type Key } from '../wmbus/security.ts'

/** A registered meter as the hot path needs it. */
export interface Registered {
  /** `KAM-07134347`. */
  readonly meter: string
  /** Check value of its key; null without one. With a key, plain telegrams are weaker than they must be. */
  readonly keyCheck: string | null
  /** Its plain telegrams count although it has a key: set by hand, for meters that send both. */
  readonly plainAllowed: boolean
  /** Null without a key, and where the stored one is damaged: then nothing of this meter can be opened. */
  readonly key: Key | null
}

/** The store's meters by the number on the air; follows every change at the next telegram. */
export interface RegisteredMeters {
  find(address: Address): Registered | undefined
  size(): number
}

export function registeredMeters(meters: Meters, log: Log): RegisteredMeters {
  const byAddress = new Map<number, Registered>()
  const refresh = (meter: string): void => {
    if (!METER_NAME.test(meter)) return
    const known = meters.get(meter)
    if (known === undefined) byAddress.delete(meterKeyOf(meter))
    else
      byAddress.set(meterKeyOf(meter), {
        meter,
        keyCheck: known.keyCheck,
        plainAllowed: known.plain === 'allowed',
        key: keyOf(meters, meter, log),
      })
  }
  for (const { meter } of meters.list()) refresh(meter)
  meters.onChange(refresh)
  return { find: (address) => byAddress.get(meterKey(address)), size: () => byAddress.size }
}

function keyOf(meters: Meters, meter: string, log: Log): Key | null {
  try {
    const bytes = meters.keyOf(meter)
    return bytes && aesKey(bytes)
  } catch (err) {
    log.error({ err, meter }, 'the stored key of this meter is damaged: import it again')
    return null
  }
}
