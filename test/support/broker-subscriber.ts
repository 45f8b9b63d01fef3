import { connect } from 'mqtt'
import { vi } from 'vitest'

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
