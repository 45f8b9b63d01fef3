import type { Address } from './wmbus/address.ts'
import type { Datagram } from './wmbus/datagram.ts'

/**
 * Whose telegram is this? The metering device is in the long transport header where there is one (behind a radio converter
 * or repeater the link layer carries the converter's address), else in the link layer. Pure, and before any key: inside an
 * encrypted extended link layer the link layer's address is all there is, and it is the meter's.
 */
export const identify = (d: Datagram): Address | null => d.tpl?.address ?? d.dll?.address ?? null
