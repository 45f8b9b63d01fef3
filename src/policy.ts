import type { Decoder } from './decoders/decoder.ts'
import type { Registered } from './memory/registered.ts'
import type { Datagram } from './wmbus/datagram.ts'

/** Why a well-formed datagram does not count for its meter. A closed list: every refusal is counted by its name. */
export const REFUSALS = {
  'policy.plain': 'an unencrypted telegram from a meter that has a key: forged, or the meter sends both (plain: report)',
  'policy.mac': 'the message authentication code is wrong: forged, or damaged on the way',
  'policy.replay': 'older than a telegram heard before: a recording; or the meter began to count anew, which heals by itself',
  'policy.unconfirmed': 'among the first telegrams a key opens: it needs others that fit it before the key is believed',
} as const

export type Refusal = keyof typeof REFUSALS

export interface PolicyOptions {
  /** An unencrypted telegram from a meter with a key: refuse it, or let it through with `encryption: none`. */
  readonly plain: 'refuse' | 'report'
}

/**
 * May this datagram count for this meter? Pure. A key in the register demands encryption: anyone can send a plain telegram
 * with a meter's address. A datagram without records claims nothing and is no downgrade. `mac` is what the meter's type says of
 * its codes.
 */
export function refusalOf(d: Datagram, meter: Registered, options: PolicyOptions, mac: Decoder['mac']): Refusal | null {
  if (d.mac === 'wrong' && mac !== 'unverified') return 'policy.mac'
  const weaker = meter.keyCheck !== null && !meter.plainAllowed && d.encryption === 'none' && d.records.length > 0
  return weaker && options.plain === 'refuse' ? 'policy.plain' : null
}
