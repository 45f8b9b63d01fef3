/**
 * A meter as Home Assistant finds it by itself: one retained message per device with all its sensors
 * (www.home-assistant.io/integrations/mqtt, "device discovery payload"; sensor.mqtt for the options).
 */
import type { TelemetryMessage } from './message.ts'

type Kind = 'registers' | 'momentary'

/** A sensor of a meter: where its value stands in the telemetry, and in which unit. */
export interface Sensor {
  readonly kind: Kind
  readonly name: string
  readonly unit: string
}

export interface Surroundings {
  readonly gateway: string
  readonly version: string
  /** Where Home Assistant looks. */
  readonly prefix: string
  readonly stateTopic: string
  readonly statusTopic: string
}

/** How Home Assistant writes a unit, and the class of sensor it belongs to. What is not here goes as it is, without a class. */
const UNITS: Readonly<Record<string, readonly [unit: string, deviceClass: string | null]>> = {
  ...Object.fromEntries(['J', 'kJ', 'MJ', 'GJ', 'Wh', 'kWh', 'MWh', 'GWh', 'kcal', 'Mcal', 'Gcal'].map((unit) => [unit, [unit, 'energy']])),
  ...Object.fromEntries(['W', 'kW', 'MW'].map((unit) => [unit, [unit, 'power']])),
  ...Object.fromEntries(['s', 'min', 'h', 'd'].map((unit) => [unit, [unit, 'duration']])),
  m3: ['m³', 'volume'],
  l: ['L', 'volume'],
  'm3/h': ['m³/h', 'volume_flow_rate'],
  'l/h': ['L/h', 'volume_flow_rate'],
  '°C': ['°C', 'temperature'],
  bar: ['bar', 'pressure'],
  V: ['V', 'voltage'],
  A: ['A', 'current'],
}

/** Identifiers and topics there have letters, digits, "_" and "-". */
const plain = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '_')
const words = (name: string): string => name.replace(/([A-Z0-9]+)/g, ' $1').toLowerCase()

export const sensorsOf = (message: TelemetryMessage): readonly Sensor[] =>
  (['registers', 'momentary'] as const).flatMap((kind) => Object.entries(message[kind]).map(([name, { unit }]) => ({ kind, name, unit })))

export const discoveryTopic = (meter: string, { prefix, gateway }: Surroundings): string =>
  `${prefix}/device/${plain(gateway)}_${plain(meter)}/config`

/** The body for the topic; an empty one takes the device away. */
export const discovery = (meter: string, sensors: readonly Sensor[], around: Surroundings): string => {
  const id = `${plain(around.gateway)}_${plain(meter)}`
  return JSON.stringify({
    device: { identifiers: [`varmesky_${plain(meter)}`], name: meter, manufacturer: meter.slice(0, 3), serial_number: meter.slice(4) },
    origin: { name: 'varmesky', sw_version: around.version },
    components: Object.fromEntries(sensors.map((sensor) => [plain(sensor.name), component(id, sensor)])),
    state_topic: around.stateTopic,
    availability: [{ topic: around.statusTopic, value_template: '{{ value_json.state }}' }],
    qos: 0,
  })
}

function component(id: string, { kind, name, unit }: Sensor) {
  const [shown, deviceClass] = UNITS[unit] ?? [unit, null]
  const place = `value_json.${kind}['${name}']`
  return {
    platform: 'sensor',
    unique_id: `${id}_${plain(name)}`,
    name: words(name),
    // Not every telegram of a meter has all its values.
    value_template: `{{ ${place}.value if ${place} is defined else this.state }}`,
    state_class: kind === 'registers' ? 'total_increasing' : 'measurement',
    ...(shown !== '' && { unit_of_measurement: shown }),
    ...(deviceClass !== null && { device_class: deviceClass }),
  }
}
