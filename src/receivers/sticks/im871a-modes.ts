import type { LinkMode } from '../../wmbus/telegram.ts'
import { hearsAll, type Setting, settingFor } from './link-modes.ts'

/** What a stick says of itself: module type and firmware as in its device info. */
export interface Im871a {
  readonly module: number
  readonly firmware: number
}

export interface Im871aSetting extends Setting {
  /** The link mode byte of its configuration. */
  readonly code: number
  readonly module: number
  readonly minFirmware: number
}

export const IM871A = 0x33
export const IM170A = 0x36
const MODULES: Readonly<Record<number, string>> = { [IM871A]: 'iM871A', [IM170A]: 'iM170A' }

/** The first row that hears all that is wanted is taken. */
export const IM871A_SETTINGS: readonly Im871aSetting[] = [
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

/** How to set the stick so that it hears `modes`, or the best it can; a text says why it cannot. */
export function im871aSetting(stick: Im871a, modes: readonly LinkMode[] | undefined): Im871aSetting | string {
  if (MODULES[stick.module] === undefined)
    return `answers as module type ${hex(stick.module)}, which is no iM871A (33) and no iM170A (36): is this the right port?`
  const own = IM871A_SETTINGS.filter(({ module }) => module === stick.module)
  const able = own.filter(({ minFirmware }) => minFirmware <= stick.firmware)
  const newer = modes && own.find((setting) => hearsAll(setting, modes))
  return settingFor(able, modes, stickText(stick), newer ? ` (firmware ${hex(newer.minFirmware)} can)` : '')
}

/** `iM871A firmware 14`. */
export const stickText = ({ module, firmware }: Im871a): string => `${MODULES[module]} firmware ${hex(firmware)}`

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')
