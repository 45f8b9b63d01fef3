import { connect } from 'mqtt'
import { vi } from 'vitest'
import type { Outgoing } from '../../src/sinks/sink.ts'

/** The n-th message of an outbox: a daily reading of the meter with that number. */
export const reading = (n: number): Outgoing => {
  const meter = `KAM-${String(n).padStart(8, '0')}`
  const day = '2026-11-23'
  const id = `${meter}/${day}/9c41f0a2b77e`
  return {
    seq: n,
    kind: 'reading.daily',
    id,
    meter,
    day,
    body: JSON.stringify({ schema: 'varmesky.reading.daily/1', id, place: 'Sønderborg' }),
  }
}

export const readings = (count: number): readonly Outgoing[] => Array.from({ length: count }, (_, i) => reading(i + 1))

export interface Received {
  readonly topic: string
  readonly body: string
  readonly retain: boolean
}

export interface Subscriber {
  readonly received: readonly Received[]
  /** Resolves with the first message that fits. */
  first(fits: (message: Received) => boolean): Promise<Received>
  end(): Promise<void>
}

/** A consumer of everything a broker on loopback is sent. */
export const subscriber = async (url: string, options: object = {}): Promise<Subscriber> => {
  const received: Received[] = []
  const client = connect(url, { protocolVersion: 4, ...options })
  client.on('message', (topic, payload, { retain }) => received.push({ topic, body: payload.toString(), retain }))
  await client.subscribeAsync('varmesky/#', { qos: 1 })
  return {
    received,
    first: (fits) =>
      vi.waitFor(() => {
        const found = received.find(fits)
        if (found === undefined) throw new Error(`not received yet: ${JSON.stringify(received)}`)
        return found
      }, 5_000),
    end: () => client.endAsync(true),
  }
}
