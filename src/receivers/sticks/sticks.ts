import type { LinkMode } from '../../wmbus/telegram.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { amber } from './amber.ts'
import { AMBER_169, AMBER_868 } from './amber-modes.ts'
import { cmex } from './cmex.ts'
import { CUL_SETTINGS, cul } from './cul.ts'
import { EBI_SETTINGS, ebi } from './ebi.ts'
import { im871a } from './im871a.ts'
import { IM170A, IM871A, IM871A_SETTINGS } from './im871a-modes.ts'
import { IU891A_SETTINGS, iu891a } from './iu891a.ts'
import type { Setting } from './link-modes.ts'
import { raw } from './raw.ts'
import { RC1180_SETTINGS, rc1180 } from './rc1180.ts'

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

const hearing = (settings: readonly Setting[]): readonly (readonly LinkMode[])[] => settings.map(({ hears }) => hears)

/** Every receiver with a host protocol of its own, by the name the configuration gives it. */
export const STICKS = {
  im871a: {
    title: 'IMST iM871A-USB',
    dialect: im871a,
    baudRate: 57_600,
    spokenTo: true,
    modes: hearing(IM871A_SETTINGS.filter(({ module }) => module === IM871A)),
    // The second id is that of RWE and innogy; Linux knows its driver only once it is told.
    usb: [{ id: '10c4:ea60', product: 'WiMOD iM871A-usb' }, { id: '10c4:87ed' }],
  },
  im170a: {
    title: 'IMST iM170A-USB (169 MHz)',
    dialect: im871a,
    baudRate: 57_600,
    spokenTo: true,
    modes: hearing(IM871A_SETTINGS.filter(({ module }) => module === IM170A)),
    usb: [{ id: '10c4:ea60' }],
  },
  iu891a: {
    title: 'IMST iU891A-XL, iM891A-XL, iM881A-XL, iU893-XL',
    dialect: iu891a,
    baudRate: 115_200,
    spokenTo: true,
    modes: hearing(IU891A_SETTINGS),
    usb: [{ id: '04b4:0003', product: 'iU891A' }],
  },
  amb8465: {
    title: 'Amber/Würth AMB8465-M, AMB8665-M, Metis-II',
    dialect: amber,
    baudRate: 9600,
    spokenTo: true,
    modes: hearing(AMBER_868),
    usb: [{ id: '0403:6001', product: 'AMB8465 Wireless USB Stick' }, { id: '0403:6001' }],
  },
  amb3665: {
    title: 'Amber/Würth AMB3665 (169 MHz)',
    dialect: amber,
    baudRate: 9600,
    spokenTo: true,
    modes: hearing(AMBER_169),
    usb: [{ id: '0403:6001' }],
  },
  cul: {
    title: 'CUL, nanoCUL (culfw, a-culfw)',
    dialect: cul,
    baudRate: 38_400,
    spokenTo: true,
    modes: hearing(CUL_SETTINGS),
    usb: [{ id: '03eb:204b' }, { id: '0403:6001' }],
  },
  rc1180: {
    title: 'Radiocrafts RC1180-MBUS3',
    dialect: rc1180,
    baudRate: 19_200,
    spokenTo: true,
    modes: hearing(RC1180_SETTINGS),
    usb: [],
  },
  ebi: {
    title: 'Embit EMB-WMB868',
    dialect: ebi,
    baudRate: 9600,
    spokenTo: true,
    modes: hearing(EBI_SETTINGS),
    usb: [],
  },
  raw: { title: 'dongles that send plain binary telegrams (WMB14EU)', dialect: raw, baudRate: 19_200, spokenTo: false, modes: [], usb: [] },
  cmex: { title: 'Elvaco CMeX50, hexdump', dialect: cmex, baudRate: 2400, spokenTo: false, modes: [], usb: [] },
} satisfies Readonly<Record<string, Stick>>

export type StickName = keyof typeof STICKS

export const isStick = (name: string): name is StickName => Object.hasOwn(STICKS, name)
