import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** What a USB device says of itself. */
export interface UsbDevice {
  /** `vendor:product` in hex. */
  readonly id: string
  readonly product: string
  /** Its folder in sysfs: one device may have several ports. */
  readonly folder: string
}

/** From a serial port up to its USB device there are this many folders at most. */
const LEVELS = 5

/** The USB device behind a serial port, as the kernel shows it below `sys`; null where there is none. */
export function usbOf(path: string, sys = '/sys'): UsbDevice | null {
  try {
    let folder = realpathSync(`${sys}/class/tty/${basename(realpathSync(path))}/device`)
    for (let level = 0; level < LEVELS; level++, folder = dirname(folder)) {
      const vendor = textOf(`${folder}/idVendor`)
      if (vendor !== '') return { id: `${vendor}:${textOf(`${folder}/idProduct`)}`, product: textOf(`${folder}/product`), folder }
    }
  } catch {
    // No such device, or none of this bus.
  }
  return null
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
