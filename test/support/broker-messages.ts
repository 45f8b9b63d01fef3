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
