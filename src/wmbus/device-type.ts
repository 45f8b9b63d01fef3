/** Device types of EN 13757-7 in words, as the messages and lists print them. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'other',
  1: 'oil',
  2: 'electricity',
  3: 'gas',
  4: 'heat',
  5: 'steam',
  6: 'warm water',
  7: 'water',
  8: 'heat cost allocator',
  9: 'compressed air',
  10: 'cooling',
  11: 'cooling',
  12: 'heat',
  13: 'heat/cooling',
  14: 'bus/system',
  15: 'unknown',
  20: 'calorific value',
  21: 'hot water',
  22: 'cold water',
  23: 'dual water',
  24: 'pressure',
  25: 'A/D converter',
  26: 'smoke detector',
  27: 'room sensor',
  28: 'gas detector',
  32: 'breaker',
  33: 'valve',
  37: 'display',
  40: 'waste water',
  41: 'garbage',
  42: 'carbon dioxide',
  49: 'communication controller',
  50: 'unidirectional repeater',
  51: 'bidirectional repeater',
  54: 'radio converter (system side)',
  55: 'radio converter (meter side)',
  56: 'wired adapter',
}

/** The name of a device type, or its hex code where the standard has none. */
export const deviceTypeText = (type: number): string => NAMES[type] ?? `type ${type.toString(16).toUpperCase().padStart(2, '0')}`

const HEAT = new Set([0x04, 0x0a, 0x0b, 0x0c, 0x0d])
/** Heat and cooling meters, wherever they sit in the circuit. */
export const isHeat = (type: number): boolean => HEAT.has(type)
