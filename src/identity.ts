import type { Address } from './wmbus/address.ts'
import { type Datagram, meterAddress } from './wmbus/datagram.ts'
import { isRealData } from './wmbus/lfsr.ts'

/**
 * Whose telegram is this? The metering device is in the long transport header where there is one (behind a radio converter
 * or repeater the link layer carries the converter's address), else in the link layer. Pure, and before any key: inside an
 * encrypted extended link layer the link layer's address is all there is, and it is the meter's.
 */
export function identify(d: Datagram): Address | null {
  const address = meterAddress(d)
  return address !== null && isRealData(d) ? reordered(address) : address
}

/** Diehl's "real data" frames send their A-field as version, type, number: read in the standard's order, the parts are elsewhere. */
const reordered = ({ manufacturer, id, version, deviceType }: Address): Address => ({
  manufacturer,
  id: ((id >>> 16) | (version << 16) | (deviceType << 24)) >>> 0,
  version: id & 0xff,
  deviceType: (id >>> 8) & 0xff,
})
