import { decoderFor } from '../../src/decoders/index.ts'
import { observe } from '../../src/decoders/interpret.ts'
import { explain } from '../../src/explain/explain.ts'
import { leavesOf } from '../../src/explain/tree.ts'
import { identify } from '../../src/identity.ts'
import { meterName } from '../../src/wmbus/address.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { decimal } from '../../src/wmbus/decimal.ts'
import { address, frame, open } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import type { Received } from './repair.ts'

const NEVER = { bootId: '', monotonicMs: 0, utcMs: null }

/** Frame, address, open, records, observation: as the pipeline does for a registered meter. */
function read({ bytes, crc, key }: Received): Datagram {
  const d = address(frame(bytes, crc))
  const whose = identify(d)
  open(d, key && aesKey(key))
  if (whose === null || d.fault !== null) return d
  const observation = observe(decoderFor(whose), d, meterName(whose), whose, NEVER, d.encryption !== 'none')
  for (const m of observation?.measurements ?? []) decimal(m.raw, m.exponent)
  return d
}

/** Throws on any exception, and unless the explanation has every byte once. */
export function walk(received: Received): void {
  read(received)
  const { bytes, crc, key } = received
  let at = 0
  for (const { from, to } of leavesOf(explain(bytes, crc, key && aesKey(key)))) {
    if (from !== at || to <= at) throw new Error(`bytes ${at} to ${from} are explained twice or never`)
    at = to
  }
  if (at !== bytes.length) throw new Error(`bytes from ${at} are not explained`)
}
