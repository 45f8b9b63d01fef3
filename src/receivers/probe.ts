import { type Clock, now } from '../clock.ts'
import type { Dialect, Step } from './dialect.ts'
import { type Dialogue, startDialogue } from './dialogue.ts'
import type { Link } from './port.ts'
import { serialPort } from './serial.ts'
import { STICKS, type Stick, type StickName } from './sticks.ts'
import { type UsbDevice, usbOf } from './usb.ts'

/** Who answered at a port. */
export interface Identified {
  readonly use: StickName
  /** As it described itself. */
  readonly device: string
}

const KINDS: Readonly<Record<string, Stick>> = STICKS
export const ASKABLE = (Object.keys(STICKS) as StickName[]).filter((use) => STICKS[use].spokenTo)

/** Sisters that speak the same language, told apart by how they describe themselves. */
const SISTERS: Readonly<Partial<Record<StickName, RegExp>>> = { im170a: /^iM170A/, amb3665: /^AMB3665/ }

/** What the USB device may be, the likeliest first. Ids are shared by countless devices: they say whom to ask first, nothing more. */
export function likeliest(uses: readonly StickName[], usb: UsbDevice | null): readonly StickName[] {
  const distance = (use: StickName): number => {
    const same = KINDS[use]!.usb.filter(({ id }) => id === usb?.id)
    return same.some(({ product }) => product !== undefined && product === usb?.product) ? 0 : same.length > 0 ? 1 : 2
  }
  return uses.toSorted((a, b) => distance(a) - distance(b))
}

/**
 * Asks at a serial port who is there, in every language and at every speed that may be; nothing is set, and every device is left as it
 * was. A text says why nobody can be named, and what to try.
 */
export async function probe(
  path: string,
  uses: readonly StickName[],
  clock: Clock,
  asking: (use: StickName) => void = () => {},
): Promise<Identified | string> {
  const said: string[] = []
  const asked = new Set<Stick['dialect']>()
  for (const use of likeliest(uses, usbOf(path))) {
    const { dialect, baudRate } = KINDS[use]!
    if (asked.has(dialect)) continue
    asked.add(dialect)
    asking(use)
    const answer = await ask(path, baudRate, dialect({ receiver: use, losses: { skipped: 0, badChecksums: 0 } }, undefined), clock)
    if ('device' in answer) return { use: sisterOf(use, answer.device), device: answer.device }
    if ('closed' in answer) return answer.closed
    if (answer.trouble !== '') said.push(answer.trouble)
  }
  return said[0] ?? 'nobody answered: is it a wireless M-Bus receiver, and at its usual speed? Unplug it, plug it in, and try again'
}

const sisterOf = (use: StickName, device: string): StickName => {
  const sisters = ASKABLE.filter((other) => KINDS[other]!.dialect === KINDS[use]!.dialect)
  return sisters.find((other) => SISTERS[other]?.test(device)) ?? sisters.find((other) => SISTERS[other] === undefined) ?? use
}

/** `closed`: the port cannot be asked at all. `trouble`: it is not that; empty where nobody answered. */
type Answer = { readonly device: string } | { readonly closed: string } | { readonly trouble: string }

async function ask(path: string, baudRate: number, dialect: Dialect, clock: Clock): Promise<Answer> {
  const steps = dialect.identify ?? []
  let link: Link | null = null
  let dialogue: Dialogue | null = null
  const answer = await new Promise<Answer>((resolve) => {
    const done = (trouble: string | null): void =>
      resolve(trouble === null ? { device: dialect.about?.() ?? '' } : { trouble: isSilence(steps, trouble) ? '' : trouble })
    link = serialPort(path, baudRate, clock).open({
      opened() {
        dialogue = startDialogue(steps, (bytes) => link?.write(bytes), done, clock)
      },
      data: (bytes) => void dialect.feed(bytes, now(clock), (message) => dialogue?.answered(message)),
      closed: (trouble) => resolve({ closed: trouble ?? 'it has ended' }),
    })
  })
  ;(dialogue as Dialogue | null)?.cancel()
  await (link as Link | null)?.close()
  return answer
}

const isSilence = (steps: readonly Step[], trouble: string): boolean => steps.some((step) => 'silence' in step && step.silence === trouble)
