import { connectAsync } from 'mqtt'
import type { DailyReading } from '../src/readings/daily-reading.ts'

/** A consumer of the MQTT contract: keeps, per meter and day, the message with the highest precedence. */
export interface Billing {
  readings(): readonly DailyReading[]
  close(): Promise<void>
}

export const meterOf = ({ meter }: DailyReading): string => `${meter.manufacturer}-${meter.id}`

export async function openBilling(port: number, arrived: (reading: DailyReading) => void): Promise<Billing> {
  const kept = new Map<string, DailyReading>()
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, clientId: 'billing' })
  client.on('message', (_, payload) => {
    const reading = JSON.parse(payload.toString()) as DailyReading
    const place = `${meterOf(reading)} ${reading.day}`
    const before = kept.get(place)
    if (before && rank(before) >= rank(reading)) return
    kept.set(place, reading)
    arrived(reading)
  })
  await client.subscribeAsync('varmesky/v1/+/reading/daily/+', { qos: 1 })
  return { readings: () => [...kept.values()], close: () => client.endAsync(true) }
}

const rank = ({ precedence, id }: DailyReading): string => `${String(precedence).padStart(10, '0')} ${id}`
