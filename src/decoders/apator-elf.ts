import type { Decoder, StatusWord } from './decoder.ts'
import { ENERGY, ERROR_TIME, EXTERNAL_TEMPERATURE, HEAT_FIELDS, target, VOLTAGE } from './fields.ts'

const FLAGS: StatusWord['bits'] = [
  [0x1, 'flow below minimum'],
  [0x2, 'flow sensor failure'],
  [0x4, 'return temperature sensor failure'],
  [0x8, 'flow temperature sensor failure'],
  [0x10, 'temperature difference out of range'],
  [0x20, 'flow above maximum'],
  [0x40, 'memory error'],
  [0x80, 'low battery'],
  [0x100, 'flow statistics warning 1'],
  [0x200, 'flow statistics warning 2'],
  [0x400, 'temperature difference too low'],
  [0x800, 'checksum error'],
  [0x1000, 'flash memory error'],
  [0x2000, 'critical battery'],
  [0x4000, 'processor error'],
  [0x8000, 'serial line error'],
]

/** Elf and Elf2, often behind a radio of their own. */
export const apatorElf = {
  name: 'apator-elf',
  version: 1,
  meters: [{ manufacturer: 'APA', versions: [0x40, 0x42], types: [0x04, 0x0a, 0x0b, 0x0c, 0x0d] }],
  clock: 'unknown',
  stamp: 'unknown',
  fields: [...HEAT_FIELDS, ERROR_TIME, target(ENERGY), EXTERNAL_TEMPERATURE, { ...VOLTAGE, name: 'batteryVoltage' }],
  status: [{ pick: { vib: 'FD17' }, bits: FLAGS }],
} as const satisfies Decoder
