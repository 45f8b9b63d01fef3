/** Telegrams of many meters, each different, encrypted with node:crypto: what the bench decodes. */
import { randomBytes } from 'node:crypto'
import { aesKey, type Key } from '../src/wmbus/security.ts'
import { afl, derive, macOf, mode7 } from '../test/support/sessions.ts'
import { ellSession, integer, join, noHeader, record, type Sender, shortHeader, stripped } from '../test/support/telegrams.ts'

export const PROTECTIONS = ['plain', 'mode 5', 'ELL-CTR', 'mode 7'] as const
export type Protection = (typeof PROTECTIONS)[number]

export interface Sample {
  readonly bytes: Uint8Array
  /** The meter's; one object for all its telegrams, as the gateway keeps it. */
  readonly key: Key | null
}

const meter = (n: number): Sender => ({ manufacturer: 'KAM', id: String(10_000_000 + n), version: 0x34, type: 0x04 })

/** The records of a MULTICAL 403's full frame, other values in each. */
const records = (n: number): Uint8Array =>
  join(
    record('04 06', integer(79_846 + 17 * n, 4)),
    record('04 FF07', integer(152_256 + 31 * n, 4)),
    record('04 FF08', integer(82_825 + 13 * n, 4)),
    record('04 14', integer(223_249 + 7 * n, 4)),
    record('04 3B', integer(n % 900, 4)),
    record('02 59', integer(7_000 + (n % 900), 2)),
    record('02 5D', integer(3_500 + (n % 700), 2)),
    record('04 FF22', integer(0, 4)),
    record('04 22', integer(43_489 + n, 4)),
    record('44 06', integer(70_000 + n, 4)),
    record('44 14', integer(200_000 + n, 4)),
    record('42 6C', integer(0x2c9f, 2)),
  )

/** The `n`th telegram of a sender, behind its link layer. */
type Content = (sender: Sender, n: number, key: Uint8Array) => Uint8Array

/** AES-CMAC of 8 bytes in front, keys derived from the message counter: OMS security profile B. */
function sessionKeys(sender: Sender, n: number, key: Uint8Array): Uint8Array {
  const fields = { control: 0x25, counter: n }
  const message = mode7(records(n), derive(key, 0, n, sender))
  return join(afl({ ...fields, mac: macOf(fields, message, derive(key, 1, n, sender)).subarray(0, 8) }), message)
}

const CONTENTS: Readonly<Record<Protection, Content>> = {
  plain: (sender, n) => shortHeader(sender, records(n), { accessNumber: n & 0xff }),
  'mode 5': (sender, n, key) => shortHeader(sender, records(n), { accessNumber: n & 0xff, key }),
  'ELL-CTR': (sender, n, key) => ellSession(sender, noHeader(records(n)), { accessNumber: n & 0xff, session: 16 * n, key }),
  'mode 7': sessionKeys,
}

/** The meters send in turn. */
export function samples(protection: Protection, count: number, meters = count): Sample[] {
  const keys = Array.from({ length: meters }, () => aesKey(randomBytes(16)))
  return Array.from({ length: count }, (_, n) => {
    const sender = meter(n % meters)
    const key = keys[n % meters]!
    return { bytes: stripped(sender, CONTENTS[protection](sender, n, key.bytes)), key: protection === 'plain' ? null : key }
  })
}
