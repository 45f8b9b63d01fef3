import type { Setting } from './link-modes.ts'

/** Where in the parameters it stands whether telegrams are sent as commands, and whether with their signal strength. */
export const SENDS_COMMANDS = 0x05
export const CAN_TELL_RSSI = 0x45

export interface AmberSetting extends Setting {
  /** The number of the link mode. */
  readonly code: number
}

/** The first row that hears all that is wanted is taken. The "other" side of a mode hears what meters send in it. */
export const AMBER_868: readonly AmberSetting[] = [
  { code: 0x08, name: 'T2-other', hears: ['t1', 't2'] },
  { code: 0x0e, name: 'C2-other', hears: ['c1', 'c2'] },
  { code: 0x09, name: 'C2/T2-other', hears: ['c1', 'c2', 't1', 't2'] },
  { code: 0x03, name: 'S2', hears: ['s1', 's2'] },
  { code: 0x0b, name: 'R2-other', hears: ['r2'] },
]

/** N2a: the channel of N1a. */
export const AMBER_169: readonly AmberSetting[] = [{ code: 0x02, name: 'N2a', hears: ['n1', 'n2'] }]

const MODULES = [
  { size: 0x78, name: 'AMB8465/AMB8665', settings: AMBER_868 },
  { size: 0x80, name: 'AMB3665', settings: AMBER_169 },
]

/** Which module answers with such parameters: `first address, size, block`. */
export const amberModule = (answer: Uint8Array): (typeof MODULES)[number] | null =>
  MODULES.find(({ size }) => answer[1] === size && answer.length === size + 2) ?? null
