import { linkAddress } from './address.ts'
import { u8 } from './cursor.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'

/** C-fields of EN 13757-4 and of the wired link (EN 13757-2), repeater bit 7 masked away. */
const CONTROLS = new Set([
  0x00, 0x06, 0x08, 0x18, 0x28, 0x38, 0x40, 0x43, 0x44, 0x46, 0x47, 0x48, 0x4a, 0x4b, 0x53, 0x5a, 0x5b, 0x73, 0x7a, 0x7b,
])

/** Step 2: `L C M A` of a radio frame, `C A` of a wired one. */
export function readDll(d: Datagram): Fault | undefined {
  if (d.wired) {
    d.dll = { control: u8(d), address: null }
    d.pos++
  } else {
    d.pos = 1
    d.dll = { control: u8(d), address: linkAddress(d) }
  }
  return CONTROLS.has(d.dll.control & 0x7f) ? undefined : 'dll.c-field'
}
