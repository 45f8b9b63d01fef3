import { im871aEmulator } from '../../../demo/im871a-stick.ts'
import type { StickName } from '../../../src/receivers/sticks/sticks.ts'
import { AMBER_PARAMETERS, amberEmulator } from './amber.ts'
import { culEmulator, text } from './cul.ts'
import { ebiEmulator } from './ebi.ts'
import type { Emulator } from './emulator.ts'
import { iu891aEmulator } from './iu891a.ts'
import { rc1180Emulator } from './rc1180.ts'

export interface Kind {
  readonly use: StickName
  /** A new one, as it leaves the factory. */
  emulate(): Emulator
  /** What tells that the bytes of a telegram are right: a checksum of the host link, the CRCs of the air, or nothing. */
  readonly vouched: 'checksum' | 'CRCs' | null
  /** What it tells for some -50 dBm. */
  readonly rssi: number | null
  /** The question whether it lives, and the request for a restart, in hex; null where the protocol has none. */
  readonly alive: string | null
  readonly reset: string | null
}

const IMST_HCI = { vouched: 'checksum', rssi: -49.9, alive: 'a5010100', reset: 'a5010700' } as const
const AMBER = { vouched: 'checksum', rssi: -50, alive: 'ff0b00f4', reset: 'ff0500fa' } as const
const SPEECHLESS = { vouched: null, alive: null, reset: null } as const
const sends = (telegram: Emulator['telegram']): Emulator => ({ hear: () => null, telegram })

/** Every stick there is. */
const BY_USE: Readonly<Record<StickName, Omit<Kind, 'use'>>> = {
  im871a: { ...IMST_HCI, emulate: () => im871aEmulator({ firmware: 0x14 }) },
  im170a: { ...IMST_HCI, emulate: () => im871aEmulator({ module: 0x36 }) },
  iu891a: { emulate: iu891aEmulator, vouched: 'checksum', rssi: -50, alive: 'c001011607c0', reset: 'c001072062c0' },
  amb8465: { ...AMBER, emulate: amberEmulator },
  amb3665: { ...AMBER, emulate: () => amberEmulator(AMBER_PARAMETERS.amb3665) },
  cul: { emulate: culEmulator, vouched: 'CRCs', rssi: -50, alive: '560a', reset: null },
  rc1180: { emulate: rc1180Emulator, vouched: null, rssi: -50, alive: null, reset: null },
  ebi: { emulate: ebiEmulator, vouched: 'checksum', rssi: -50, alive: '00040105', reset: '00040509' },
  raw: { ...SPEECHLESS, emulate: () => sends((telegram) => telegram), rssi: null },
  cmex: {
    ...{ ...SPEECHLESS, rssi: -50 },
    emulate: () => sends((telegram) => text(`00028954; ELV;20;1B;00; -50; T;${Buffer.from(telegram).toString('hex').toUpperCase()};\r\n`)),
  },
}

export const KINDS: readonly Kind[] = Object.entries(BY_USE).map(([use, kind]) => ({ use: use as StickName, ...kind }))
