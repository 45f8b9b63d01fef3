/** Device types of EN 13757-7 in words, as the messages and lists print them. */
const NAMES: Readonly<Record<number, string>> = {
  0x00: 'other',
  0x01: 'oil',
  0x02: 'electricity',
  0x03: 'gas',
  0x04: 'heat',
  0x05: 'steam',
  0x06: 'warm water',
  0x07: 'water',
  0x08: 'heat cost allocator',
  0x09: 'compressed air',
  0x0a: 'cooling',
  0x0b: 'cooling',
  0x0c: 'heat',
  0x0d: 'heat/cooling',
  0x0e: 'bus/system',
  0x0f: 'unknown',
  0x14: 'calorific value',
  0x15: 'hot water',
  0x16: 'cold water',
  0x17: 'dual water',
  0x18: 'pressure',
  0x19: 'A/D converter',
  0x1a: 'smoke detector',
  0x1b: 'room sensor',
  0x1c: 'gas detector',
  0x20: 'breaker',
  0x21: 'valve',
  0x25: 'display',
  0x28: 'waste water',
  0x29: 'garbage',
  0x2a: 'carbon dioxide',
  0x31: 'communication controller',
  0x32: 'unidirectional repeater',
  0x33: 'bidirectional repeater',
  0x36: 'radio converter (system side)',
  0x37: 'radio converter (meter side)',
  0x38: 'wired adapter',
}

/** The name of a device type, or its hex code where the standard has none. */
export const deviceTypeText = (type: number): string => NAMES[type] ?? `type ${type.toString(16).toUpperCase().padStart(2, '0')}`

const HEAT = new Set([0x04, 0x0a, 0x0b, 0x0c, 0x0d])
/** Heat and cooling meters, wherever they sit in the circuit. */
export const isHeat = (type: number): boolean => HEAT.has(type)
