import { type Clock, now } from '../../clock.ts'
import type { Dialect, Step } from '../dialect.ts'
import type { Link } from '../ports/port.ts'
import { holdersOf, holdersText } from '../ports/port-holders.ts'
import { heldBy, serialPort } from '../ports/serial.ts'
import { type UsbDevice, usbOf } from '../ports/usb.ts'
import { type Dialogue, startDialogue } from '../sticks/dialogue.ts'
import { lineSettings, putLineSettings } from '../sticks/line-settings.ts'
import { STICKS, type Stick, type StickName } from '../sticks/sticks.ts'

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
 * Asks at a serial port who is there, in every language and at every speed that may be; nothing is set, and device and line are left as
 * they were. A port that another program has open is not touched. A text says why nobody can be named, and what to try.
 */
export async function probe(
  path: string,
  uses: readonly StickName[],
  clock: Clock,
  asking?: (use: StickName) => void,
  signal?: AbortSignal,
): Promise<Identified | string> {
  const holders = holdersText(await holdersOf(path))
  if (holders !== '') return heldBy(holders)
  const settings = await lineSettings(path)
  const found = await askAll(path, uses, { clock, asking, signal })
  if (settings !== null) await putLineSettings(path, settings)
  return found
}

interface Asking {
  readonly clock: Clock
  readonly asking: ((use: StickName) => void) | undefined
  readonly signal: AbortSignal | undefined
}

async function askAll(path: string, uses: readonly StickName[], parts: Asking): Promise<Identified | string> {
  const said: string[] = []
  const asked = new Set<Stick['dialect']>()
  for (const use of likeliest(uses, usbOf(path))) {
    const { dialect, baudRate } = KINDS[use]!
    if (asked.has(dialect) || parts.signal?.aborted) continue
    asked.add(dialect)
    parts.asking?.(use)
    const context = { receiver: use, losses: { skipped: 0, badChecksums: 0 } }
    const answer = await ask(path, baudRate, dialect(context, undefined), parts)
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

async function ask(path: string, baudRate: number, dialect: Dialect, { clock, signal }: Asking): Promise<Answer> {
  const steps = dialect.identify ?? []
  let link: Link | null = null
  let dialogue: Dialogue | null = null
  let over = false
  const speak = (steps: readonly Step[], done: (trouble: string | null) => void): void => {
    dialogue?.cancel()
    dialogue = startDialogue(steps, (bytes) => link?.write(bytes), done, clock)
  }
  const answer = await new Promise<Answer>((resolve) => {
    const done = (trouble: string | null): void => {
      if (over) return
      over = true
      const answer = trouble === null ? { device: dialect.about?.() ?? '' } : { trouble: isSilence(steps, trouble) ? '' : trouble }
      speak(isNobody(steps, trouble) ? [] : (dialect.restore ?? []), () => resolve(answer))
    }
    signal?.addEventListener('abort', () => done('stopped'), { once: true })
    link = serialPort(path, baudRate, clock).open({
      opened: () => over || speak(steps, done),
      data: (bytes) => void dialect.feed(bytes, now(clock), (message) => dialogue?.answered(message)),
      closed: (trouble) => resolve({ closed: trouble ?? 'it has ended' }),
    })
  })
  over = true
  ;(dialogue as Dialogue | null)?.cancel()
  await (link as Link | null)?.close()
  return answer
}

/** Not even the first question was answered. */
const isNobody = (steps: readonly Step[], trouble: string | null): boolean =>
  isSilence(steps.filter((step) => 'silence' in step).slice(0, 1), trouble)

const isSilence = (steps: readonly Step[], trouble: string | null): boolean =>
  steps.some((step) => 'silence' in step && step.silence === trouble)
