/**
 * What meters say between two readings, for whoever watches and not for billing: of each meter at most one message in its interval,
 * sent when it is heard, or lost where the line to the broker is down.
 */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Observer } from '../outcome.ts'
import type { LiveLine, LiveSource } from '../sinks/sink.ts'
import type { Topics } from '../sinks/topics.ts'
import { discovery, discoveryTopic, type Sensor, type Surroundings, sensorsOf } from './home-assistant.ts'
import { type TelemetryMessage, telemetryMessage } from './message.ts'

export interface TelemetryOptions {
  readonly clock: Clock
  readonly gateway: string
  readonly version: string
  readonly topics: Pick<Topics, 'status' | 'telemetry'>
  /** Milliseconds between two messages of a meter; undefined: only of those that are named. */
  readonly every?: number
  readonly meters?: Readonly<Record<string, number>>
  readonly homeAssistant?: { readonly prefix: string }
}

export interface Telemetry extends Required<Pick<Observer, 'outcome'>>, LiveSource {
  /** The meter is not ours any more: Home Assistant is told, too. */
  forget(meter: string): void
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, gateway, topics, every, meters = {} } = options
  /** Monotonic; one entry per registered meter at most, as no other is decoded. */
  const toldMs = new Map<string, number>()
  const devices = options.homeAssistant ? announcer(options, options.homeAssistant.prefix) : null
  let line: LiveLine | null = null

  const isDue = (meter: string): boolean => {
    const interval = meters[meter] ?? every
    const last = toldMs.get(meter)
    return interval !== undefined && (last === undefined || clock.monotonicMs() - last >= interval)
  }
  const tell = (observation: Observation, to: LiveLine): void => {
    const { meter } = observation
    const message = telemetryMessage(observation, gateway)
    devices?.announce(message, to)
    if (to.tell(topics.telemetry(meter), JSON.stringify(message))) toldMs.set(meter, clock.monotonicMs())
  }
  return {
    outcome({ kind, observation }) {
      if (kind === 'observation' && observation !== null && line !== null && isDue(observation.meter)) tell(observation, line)
    },
    up(to) {
      line = to
      devices?.anew()
    },
    down() {
      line = null
    },
    forget(meter) {
      toldMs.delete(meter)
      if (line !== null) devices?.forget(meter, line)
    },
  }
}

/** On each connection every meter once, and again when it says something new. */
const announcer = ({ gateway, version, topics }: TelemetryOptions, prefix: string) => {
  const sensors = new Map<string, Map<string, Sensor>>()
  const announced = new Set<string>()
  const around = (meter: string): Surroundings => ({
    ...{ gateway, version, prefix },
    stateTopic: topics.telemetry(meter),
    statusTopic: topics.status,
  })
  return {
    anew: () => announced.clear(),
    announce(message: TelemetryMessage, line: LiveLine): void {
      const { meter } = message
      const known = sensors.get(meter) ?? new Map<string, Sensor>()
      sensors.set(meter, known)
      const before = known.size
      for (const sensor of sensorsOf(message)) known.set(sensor.name, sensor)
      if (announced.has(meter) && known.size === before) return
      announced.add(meter)
      line.retain(discoveryTopic(meter, around(meter)), discovery(meter, [...known.values()], around(meter)), () => announced.delete(meter))
    },
    forget(meter: string, line: LiveLine): void {
      sensors.delete(meter)
      announced.delete(meter)
      line.retain(discoveryTopic(meter, around(meter)), '', () => {})
    },
  }
}
