/** What is told between two readings, where the configuration wants it. */
import { whenGone } from '../memory/gone.ts'
import { topics } from '../sinks/topics.ts'
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import type { Surroundings } from './surroundings.ts'

export function telemetryOf({ config, clock, version, store }: Surroundings): Telemetry | undefined {
  const { gateway, mqtt } = config
  if (!mqtt?.telemetry) return undefined
  const telemetry = createTelemetry({ clock, gateway, version, topics: topics(mqtt.prefix, gateway), ...mqtt.telemetry })
  whenGone(store.meters, telemetry.forget)
  return telemetry
}
