import { buildReceiver, type ReceiverParts, type ReceiverSpec } from './build.ts'
import type { Receiver } from './receiver.ts'
import { deviceOf } from './serial-paths.ts'
import { usbOf } from './usb.ts'

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
    receivers.push(buildReceiver(spec, { ...parts, looking: { taken, inTurn, ...(dev !== undefined && { dev }) } }))
  }
  return receivers
}

function isSameDevice(port: string, device: string): boolean {
  const usb = usbOf(port)
  return deviceOf(port) === device || (usb !== null && usb.folder === usbOf(device)?.folder)
}
