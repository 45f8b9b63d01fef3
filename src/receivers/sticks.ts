import type { LinkMode } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { im871a } from './im871a.ts'
import { SETTINGS } from './im871a-modes.ts'

/** A USB id under which a receiver appears. Most are those of common serial converters: countless other devices share them. */
export interface UsbId {
  /** `vendor:product` in hex, as lsusb prints it. */
  readonly id: string
  /** The product string, where one tells it from the others of this id. */
  readonly product?: string
}

/** A kind of receiver that sits on a serial port. */
export interface Stick {
  /** What people call it. */
  readonly title: string
  /** `modes` left out: the best it can do. */
  readonly dialect: (context: DialectContext, modes: readonly LinkMode[] | undefined) => Dialect
  /** As it leaves the factory. */
  readonly baudRate: number
  /** Must be spoken to before it receives. */
  readonly spokenTo: boolean
  /** What it can be set to hear at once, as far as any of its kind can; empty where it cannot be told what to hear. */
  readonly modes: readonly (readonly LinkMode[])[]
  readonly usb: readonly UsbId[]
}

/** Every receiver with a host protocol of its own, by the name the configuration gives it. */
export const STICKS = {
  im871a: {
    title: 'IMST iM871A-USB',
    dialect: im871a,
    baudRate: 57_600,
    spokenTo: true,
    modes: SETTINGS.map(({ hears }) => hears),
    usb: [
      { id: '10c4:ea60', product: 'WiMOD iM871A-usb' },
      { id: '10c4:87ed', product: 'WiMOD iM871A-usb' },
    ],
  },
} satisfies Readonly<Record<string, Stick>>

export type StickName = keyof typeof STICKS

export const isStick = (name: string): name is StickName => Object.hasOwn(STICKS, name)
