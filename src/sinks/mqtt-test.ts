import type { Clock } from '../clock.ts'
import { type Certificate, chainOf, ownCertificate } from './certificates.ts'
import { openConnection } from './mqtt-connection.ts'
import { brokerOf, clientOptions, type MqttOptions } from './mqtt-options.ts'
import { fateOf } from './mqtt-reasons.ts'
import { topics } from './topics.ts'

/** How a try of the line to the broker went. */
export interface MqttTest {
  readonly broker: string
  /** `TLSv1.3`, or null where nothing is encrypted. */
  readonly tls: string | null
  /** The broker's, its own first, then who signed it; ours last. */
  readonly certificates: readonly Certificate[]
  readonly topic: string
  /** Of the PUBACK (MQTT 3.1.1: 0). */
  readonly reasonCode: number
  readonly verdict: string
  readonly reason: string | null
  /** Whether the far side confirmed the message in time; null where receipts are not on. */
  readonly receipt: boolean | 'may not subscribe' | null
}

const RECEIPT_MS = 10_000

/** Connects beside the daemon and publishes one message to `…/test`. Rejects with what to try where no connection comes about. */
export const testMqtt = async (options: MqttOptions, clock: Clock, receipts: boolean): Promise<MqttTest> => {
  const broker = brokerOf(options)
  const to = topics(options.prefix ?? 'varmesky/v1', options.gateway)
  const id = `${options.gateway}/test/${Math.random().toString(36).slice(2, 14)}`
  let heard = (): void => {}
  const receipt = new Promise<true>((resolve) => {
    heard = () => resolve(true)
  })
  const onMessage = ({ payload }: { payload: string | Buffer }): void => void (payload.toString().includes(id) && heard())
  const parts = { clock, signal: new AbortController().signal, onLost: () => {}, onMessage }
  // No last will: it would tell that the daemon is gone.
  const line = await openConnection(await clientOptions({ ...options, suffix: '-test' }, broker, undefined), parts)
  try {
    const certificates = [...(line.tls ? chainOf(line.tls) : []), ownCertificate(options.cert)].filter((c) => c !== null)
    const maySubscribe = receipts && (await line.subscribe(to.channels.receipt))
    const utcMs = clock.utcMs()
    const at = utcMs === null ? null : new Date(utcMs).toISOString()
    const reasonCode = await line.publish({ topic: to.test, body: JSON.stringify({ schema: 'varmesky.test/1', id, at }) })
    const { verdict, reason = null } = fateOf(reasonCode)
    const confirmed = receipts && verdict === 'accepted' ? maySubscribe && (await inTime(receipt, clock)) : null
    return {
      broker: `${broker.protocol}://${broker.host}:${broker.port}`,
      tls: line.tls?.getProtocol() ?? null,
      ...{ certificates, topic: to.test, reasonCode, verdict, reason },
      receipt: receipts && !maySubscribe ? 'may not subscribe' : confirmed,
    }
  } finally {
    await line.end()
  }
}

const inTime = (receipt: Promise<true>, clock: Clock): Promise<boolean> => {
  let cancel = (): void => {}
  const late = new Promise<false>((resolve) => {
    cancel = clock.after(RECEIPT_MS, () => resolve(false))
  })
  return Promise.race([receipt, late]).finally(() => cancel())
}
