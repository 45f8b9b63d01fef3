/** What a keyed meter's telegrams say one after the other, as the rules of trust see them. */
import type { Observation } from '../../src/decoders/observation.ts'
import type { Mark } from '../../src/memory/marks.ts'
import { judge } from '../../src/trust.ts'
import { type Datagram, emptyDatagram } from '../../src/wmbus/datagram.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const NEW: Mark = { keyCheck: '06B5AF', confirmed: false, fitting: 0, glimpse: null, newest: null, restart: null }

type Measurement = Observation['measurements'][number]

export interface Said {
  /** Minutes from noon; null while the gateway's clock is not known. */
  readonly at?: number | null
  readonly kWh?: number
  readonly litres?: number | null
  readonly counter?: number | null
  readonly minutes?: number | null
  readonly clock?: string | null
  readonly mac?: Datagram['mac']
  /** Bytes of the authentication layer's code; left out: no such layer. */
  readonly macLength?: number
  /** In place of energy and volume. */
  readonly registers?: readonly Measurement[]
}

export const register = (name: string, raw: number, exponent: number, unit: Measurement['unit']): Measurement => ({
  name,
  kind: 'register',
  raw,
  exponent,
  unit,
})

const usual = (kWh: number, litres: number | null): Measurement[] => [
  register('energy', kWh, 0, 'kWh'),
  ...(litres === null ? [] : [register('volume', litres, -3, 'm3')]),
]

function layers({ counter = null, minutes = null, mac = 'none', macLength }: Said): Datagram {
  const ell = minutes === null ? null : { sessionNumber: ((1 << 29) | (minutes << 4) | 0x0f) >>> 0 }
  const afl = macLength === undefined ? null : { macLength }
  return { ...emptyDatagram(), encryption: 'aes-cbc', mac, messageCounter: counter, ell, afl } as Datagram
}

export function telegram(said: Said): { d: Datagram; observation: Observation } {
  const { at = 0, kWh = 1000, litres = 50_000, clock = null, registers = usual(kWh, litres) } = said
  const observation: Observation = {
    meter: 'VMY-10000001',
    version: 1,
    deviceType: 'heat',
    heard: { bootId: 'b', monotonicMs: 0, utcMs: at === null ? null : NOON + at * MINUTE },
    path: 'wmbus',
    decoder: 'generic/1',
    measurements: [...registers, { name: 'power', kind: 'momentary', raw: 1, exponent: 0, unit: 'kW' }],
    status: null,
    meterTime: clock,
    encryption: 'aes-cbc',
    integrity: 'crc',
  }
  return { d: layers(said), observation }
}

/** One telegram after the other: the refusals, and the mark at the end. */
export function hear(said: readonly Said[], start: Mark = NEW): { results: (string | null)[]; mark: Mark } {
  let mark = start
  const results = said.map((one) => {
    const { d, observation } = telegram(one)
    const { refusal, restarted, mark: next } = judge(mark, d, observation)
    mark = next
    return restarted ? 'restarted' : refusal
  })
  return { results, mark }
}
