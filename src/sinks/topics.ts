import type { Channel, Outgoing } from './sink.ts'

/** Where each kind of message belongs, below `<prefix>/<gateway>/`. */
const LEVELS = new Map<string, (message: Outgoing) => string>([
  ['reading.daily', ({ meter }) => `reading/daily/${meter}`],
  ['day', () => 'day'],
  ['exchange', ({ meter }) => `exchange/${meter}`],
  ['event', ({ meter }) => (meter === null ? 'event' : `event/${meter}`)],
])

export interface Topics {
  /** Retained: is the gateway there? */
  readonly status: string
  /** Where "sinks test" publishes. */
  readonly test: string
  /** What a meter says between two readings. */
  telemetry(meter: string): string
  /** Where the far side speaks. */
  readonly channels: Readonly<Record<Channel, string>>
  /** The topic of a message, or undefined where its kind has none. */
  of(message: Outgoing): string | undefined
}

export const topics = (prefix: string, gateway: string): Topics => {
  const base = `${prefix}/${gateway}`
  const of = (message: Outgoing): string | undefined => {
    const levels = LEVELS.get(message.kind)
    return levels && `${base}/${levels(message)}`
  }
  return {
    status: `${base}/status`,
    test: `${base}/test`,
    telemetry: (meter) => `${base}/telemetry/${meter}`,
    channels: { receipt: `${base}/receipt`, request: `${base}/request` },
    of,
  }
}
