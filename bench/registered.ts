/** Memory of a process that has opened the store of a directory and knows its meters; to be run as users run it, without tsx. */
import { manualClock } from '../src/clock.ts'
import { silentLog } from '../src/log.ts'
import { registeredMeters } from '../src/memory/registered.ts'
import { openStore } from '../src/store/open.ts'
import { manufacturerCode } from '../src/wmbus/address.ts'
import { decryptCbc, ZERO_VECTOR } from '../src/wmbus/security.ts'

export interface RegisteredResult {
  readonly meters: number
  readonly openedBytes: number
  /** After each meter's key has decrypted something. */
  readonly usedBytes: number
}

const store = openStore({ directory: process.argv[2]!, kek: new Uint8Array(32), clock: manualClock(null) })
const registered = registeredMeters(store.meters, silentLog)
const openedBytes = process.memoryUsage.rss()
const list = store.meters.list()
const block = new Uint8Array(16)
for (const { meter } of list) {
  const id = Number.parseInt(meter.slice(4), 16)
  decryptCbc(registered.find({ manufacturer: manufacturerCode(meter), id, version: 0, deviceType: 0 })!.key!, ZERO_VECTOR, block, 0, 1)
}
process.send?.({ meters: list.length, openedBytes, usedBytes: process.memoryUsage.rss() } satisfies RegisteredResult)
store.close()
