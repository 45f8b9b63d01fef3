import type { LinkMode } from '../wmbus/telegram.ts'

/** What a stick says of itself: module type and firmware as in its device info. */
export interface Stick {
  readonly module: number
  readonly firmware: number
}

/** One way a stick can be set. */
export interface Setting {
  /** The link mode byte of its configuration. */
  readonly code: number
  readonly name: string
  readonly hears: readonly LinkMode[]
  readonly module: number
  readonly minFirmware: number
}

const IM871A = 0x33
const IM170A = 0x36
const MODULES: Readonly<Record<number, string>> = { [IM871A]: 'iM871A', [IM170A]: 'iM170A' }

/** The first row that hears all that is wanted is taken. */
export const SETTINGS: readonly Setting[] = [
  { code: 0x03, name: 'T1', hears: ['t1'], module: IM871A, minFirmware: 0 },
  { code: 0x0a, name: 'C and T', hears: ['c1', 't1'], module: IM871A, minFirmware: 0x14 },
  // Older firmware hears one frame format of mode C at a time; the heat meters heard in mode C send format B.
  { code: 0x07, name: 'C1 format B', hears: ['c1'], module: IM871A, minFirmware: 0 },
  { code: 0x00, name: 'S1', hears: ['s1'], module: IM871A, minFirmware: 0 },
  { code: 0x01, name: 'S1-m', hears: ['s1m'], module: IM871A, minFirmware: 0 },
  { code: 0x02, name: 'S2', hears: ['s2'], module: IM871A, minFirmware: 0 },
  { code: 0x04, name: 'T2', hears: ['t2'], module: IM871A, minFirmware: 0 },
  { code: 0x05, name: 'R2', hears: ['r2'], module: IM871A, minFirmware: 0 },
  { code: 0x09, name: 'C2 format B', hears: ['c2'], module: IM871A, minFirmware: 0 },
  { code: 0x0a, name: 'N1a', hears: ['n1'], module: IM170A, minFirmware: 0 },
  { code: 0x0b, name: 'N2a', hears: ['n2'], module: IM170A, minFirmware: 0 },
]

/** What a stick is set to when nothing is asked for: the first that it can do. */
const BEST: readonly (readonly LinkMode[])[] = [['c1', 't1'], ['t1'], ['n1']]

/** How to set the stick so that it hears `modes`, or the best it can; a text says why it cannot. */
export function settingFor(stick: Stick, modes: readonly LinkMode[] | undefined): Setting | string {
  if (MODULES[stick.module] === undefined)
    return `answers as module type ${hex(stick.module)}, which is no iM871A (33) and no iM170A (36): is this the right port?`
  const setting = (modes ? [modes] : BEST).map((wanted) => hearing(stick, wanted)).find((found) => found !== undefined)
  return setting ?? cannot(stick, modes ?? [])
}

/** `iM871A firmware 14`. */
export const stickText = ({ module, firmware }: Stick): string => `${MODULES[module]} firmware ${hex(firmware)}`

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')
const can = (stick: Stick, setting: Setting): boolean => setting.module === stick.module && setting.minFirmware <= stick.firmware
const hearing = (stick: Stick, wanted: readonly LinkMode[]): Setting | undefined =>
  SETTINGS.find((setting) => can(stick, setting) && wanted.every((mode) => setting.hears.includes(mode)))

function cannot(stick: Stick, wanted: readonly LinkMode[]): string {
  const able = SETTINGS.filter((setting) => can(stick, setting)).map(({ hears }) => `[${hears.join(', ')}]`)
  const newer = hearing({ ...stick, firmware: 0xff }, wanted)
  const update = newer ? ` (firmware ${hex(newer.minFirmware)} can)` : ''
  return `${stickText(stick)} cannot hear [${wanted.join(', ')}] at once${update}: set modes to one of ${[...new Set(able)].join(' ')}`
}
