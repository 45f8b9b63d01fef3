import type { Log } from '../log.ts'
import type { Meter, Meters } from '../store/store.ts'
import { type Address, meterKey, meterKeyOf, meterName } from '../wmbus/address.ts'
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
}

/** A meter's key is unsealed when the meter is first heard, and kept ready from then on. */
export function registeredMeters(meters: Meters, log: Log): RegisteredMeters {
  const heard = new Map<number, Registered>()
  meters.onChange((meter) => heard.delete(meterKeyOf(meter)))
  return {
    find(address) {
      const number = meterKey(address)
      const known = heard.get(number)
      if (known !== undefined) return known
      const meter = meters.get(meterName(address))
      if (meter === undefined || meter.retiredAt !== null) return undefined
      const registered = ready(meter, meters, log)
      heard.set(number, registered)
      return registered
    },
  }
}

const ready = ({ meter, keyCheck, plain }: Meter, meters: Meters, log: Log): Registered => ({
  meter,
  keyCheck,
  plainAllowed: plain === 'allowed',
  key: keyOf(meters, meter, log),
})

function keyOf(meters: Meters, meter: string, log: Log): Key | null {
  try {
    const bytes = meters.keyOf(meter)
    return bytes && aesKey(bytes, true)
  } catch (err) {
    log.error({ err, meter }, 'the key of this meter cannot be used, so its telegrams stay closed')
    return null
  }
}
