/** What `init` finds around the box: a receiver at its ports, a broker at the other end. */
import { InvalidArgumentError } from 'commander'
import { systemClock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { serialPaths } from '../../receivers/ports/serial-paths.ts'
import { testMqtt } from '../../sinks/mqtt-test.ts'
import { VERSION } from '../../version.ts'
import { mqttOptions } from '../../ways-out.ts'
import { failure } from '../failure.ts'
import { askYes, canAsk } from '../input.ts'
import { say } from '../output.ts'
import { probedAt } from '../receivers/probe.ts'

export interface Receiver {
  readonly use: string
  readonly at: string
}

export const receiverOption = (text: string): Receiver => {
  const [, use, at] = /^([a-z0-9_]+)=(.+)$/.exec(text) ?? []
  if (use === undefined || at === undefined) throw new InvalidArgumentError('Write it as im871a=/dev/serial/by-id/…')
  return { use, at }
}

/** The one whose name says so; else, where a person agrees, the first that answers at a serial port. Nothing is set. */
export async function foundReceiver(ask: boolean): Promise<Receiver | null> {
  const paths = serialPaths()
  const named = paths.find((path) => /im871a/i.test(path))
  if (named !== undefined) return { use: 'im871a', at: named }
  if (!ask || !canAsk() || paths.length === 0) return null
  if (!(await askYes(`Ask who is at ${paths.join(', ')}? Nothing is set; another device there may be disturbed`))) return null
  for (const at of paths) {
    const { found } = await probedAt(at)
    if (found !== null) {
      say(`found ${found.device} at ${at}`)
      return { use: found.use, at }
    }
  }
  return null
}

/** A message to its topic `test`, beside the daemon. */
export async function tryBroker({ mqtt, gateway, clock }: Config): Promise<void> {
  const done = await testMqtt(mqttOptions(mqtt!, gateway, VERSION), systemClock(clock.trust), false)
  if (done.verdict !== 'accepted') throw failure('failed', `The broker did not take the test message: ${done.reason}`)
  say(`the broker ${done.broker} takes messages${done.tls === null ? ', unencrypted' : ` (${done.tls})`}`)
}
