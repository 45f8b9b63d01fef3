import { createHash } from 'node:crypto'
import type { Draft } from '../../src/store/outbox/messages.ts'
import type { Meters } from '../../src/store/store.ts'

/** Each meter's key follows from its number; those of Landis+Gyr send in the clear. */
export const keyOfMeter = (meter: string): Uint8Array | null =>
  meter.startsWith('LUG') ? null : createHash('md5').update(meter.slice(4)).digest()

/** Whether that is the key a store has of it. */
export const hasItsKey = ({ get, keyOf }: Pick<Meters, 'get' | 'keyOf'>, meter: string): boolean => {
  const key = get(meter) && keyOf(meter)
  const right = keyOfMeter(meter)
  return right === null ? key === null : key !== undefined && key !== null && Buffer.from(key).equals(right)
}

/** A daily reading out of thin air, as large as a real one. */
export const madeUpReading = (n: number, day: string): Draft => {
  const meter = `KAM-${String(20_000_000 + n)}`
  const registers = { energy: { value: `${n}.0`, unit: 'kWh', obis: '6-0:1.0.0' }, volume: { value: `${n}.00`, unit: 'm³' } }
  const id = `${meter}/${day}/${createHash('sha256').update(JSON.stringify(registers)).digest('hex').slice(0, 12)}`
  const body = {
    schema: 'varmesky.reading.daily/1',
    id,
    meter: { manufacturer: 'KAM', id: meter.slice(4), version: 52, deviceType: 'heat' },
  }
  return {
    kind: 'reading.daily',
    id,
    meter,
    day,
    precedence: 2_999_000,
    body: JSON.stringify({ ...body, day, registers, precedence: 2_999_000, source: { note: 'x'.repeat(300) } }),
  }
}
