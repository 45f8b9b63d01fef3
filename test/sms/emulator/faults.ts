/** What a seed makes a modem do beside what it is asked. */

/** Chances of a fault, each time it could happen. */
export interface FaultRates {
  /** A line nobody knows, between or inside answers. */
  readonly noise: number
  /** Two lines without an end between them. */
  readonly glued: number
  /** An answer written in pieces. */
  readonly cut: number
  /** A line of an answer is lost, or a PDU broken in two. */
  readonly torn: number
  /** `+CMS ERROR` in place of an answer. */
  readonly error: number
  /** It starts anew; its settings are gone, and its messages may stand elsewhere. */
  readonly reboot: number
  /** It starts anew without a word. */
  readonly silentReboot: number
  /** It answers no more, until it is reset or opened anew. */
  readonly hang: number
  /** Pulled out and plugged in again. */
  readonly unplug: number
  /** A message arrives and nobody is told. */
  readonly quiet: number
  /** Its network is away for a minute: nothing comes in. */
  readonly offline: number
}

export const NO_FAULTS: FaultRates = {
  noise: 0,
  glued: 0,
  cut: 0,
  torn: 0,
  error: 0,
  reboot: 0,
  silentReboot: 0,
  hang: 0,
  unplug: 0,
  quiet: 0,
  offline: 0,
}

/** A storage that is full is no matter of chance: the network keeps what does not fit. */
export type Happened = keyof FaultRates | 'full'

export interface Faults {
  readonly dice: () => number
  /** Whether this fault is due now. */
  strikes(fault: keyof FaultRates): boolean
  note(what: Happened): void
  /** How often each struck. */
  happened(): Readonly<Partial<Record<Happened, number>>>
  /** None from here on. */
  calm(): void
}

export function faultsBy(dice: () => number, given: FaultRates): Faults {
  let rates = given
  const happened: Partial<Record<Happened, number>> = {}
  const note = (what: Happened): void => {
    happened[what] = (happened[what] ?? 0) + 1
  }
  return {
    dice,
    strikes(fault) {
      if (rates[fault] === 0 || dice() >= rates[fault]) return false
      note(fault)
      return true
    },
    note,
    happened: () => happened,
    calm() {
      rates = NO_FAULTS
    },
  }
}

const NOISE = [
  '^RSSI:17',
  '^BOOT:20952548,0,0,0,72',
  '+CIEV: 4,1',
  '*PSUTTZ: 2026,11,24',
  '#VOICE',
  'NO CARRIER',
  '\x00\xff\x7f',
  '123456789012345',
]

/** Lines as they are written, with what strikes between and inside them. */
export function noisy({ dice, strikes }: Faults, lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    if (strikes('noise')) text += `\r\n${NOISE[Math.floor(dice() * NOISE.length)]}\r\n`
    if (strikes('torn')) {
      if (dice() < 0.5) continue
      const at = Math.floor(dice() * line.length)
      text += `\r\n${line.slice(0, at)}\r\n${line.slice(at)}\r\n`
    } else text += strikes('glued') && text.endsWith('\r\n') ? `${line}\r\n` : `\r\n${line}\r\n`
    if (strikes('glued')) text = text.replace(/\r\n$/, '')
  }
  return text
}
