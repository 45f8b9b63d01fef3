import { buildReceiver, type ReceiverParts, type ReceiverSpec } from '../build.ts'
import { deviceOf } from '../ports/serial-paths.ts'
import { usbOf } from '../ports/usb.ts'
import type { Receiver } from '../receiver.ts'
import { openTape, type Tape } from '../tape.ts'

export interface TogetherParts extends Pick<ReceiverParts, 'clock' | 'log' | 'tell'> {
  /** Serial ports of what is no receiver: nobody may be looked for there, nor at the other ports of the same USB device. */
  readonly reserved: readonly string[]
  /** Where serial devices are. */
  readonly dev?: string
}

/** The receivers of one machine: none that is looked for takes the port of another, under whatever name. */
export function buildReceivers(specs: readonly ReceiverSpec[], { reserved, dev, ...parts }: TogetherParts): readonly Receiver[] {
  const receivers: Receiver[] = []
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work)
    turn = next.catch(() => {})
    return next
  }
  for (const spec of specs) {
    const others = (): readonly string[] =>
      receivers.flatMap((receiver) => (receiver.name === spec.name ? [] : [receiver.health().at])).filter((at) => at.startsWith('/'))
    const taken = (device: string): boolean =>
      others().some((at) => deviceOf(at) === device) || reserved.some((port) => isSameDevice(port, device))
    const looking = { taken, inTurn, ...(dev !== undefined && { dev }) }
    const tape = spec.captureRaw === undefined ? null : tapeIn(spec.captureRaw, parts)
    const receiver = buildReceiver(spec, { ...parts, looking, ...(tape && { tape }) })
    receivers.push({ ...receiver, stop: () => receiver.stop().then(() => tape?.close()) })
  }
  return receivers
}

/** What a recording may take of the disk: days of a stick. */
const TAPE_BYTES = 20_000_000

/** A recording that cannot be made costs nobody a telegram. */
function tapeIn(file: string, { clock, log }: Pick<TogetherParts, 'clock' | 'log'>): Tape | null {
  try {
    return openTape({ file, append: true, maxBytes: TAPE_BYTES, clock, log })
  } catch (error) {
    log.error({ file }, (error as Error).message)
    return null
  }
}

function isSameDevice(port: string, device: string): boolean {
  const usb = usbOf(port)
  return deviceOf(port) === device || (usb !== null && usb.folder === usbOf(device)?.folder)
}
