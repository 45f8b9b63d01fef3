/** Billing's side: of each meter and day the message that stands, and what the days were told to lack. */
import { connectAsync } from 'mqtt'

/** What billing keeps of a reading. */
export interface Standing {
  readonly id: string
  readonly precedence: number
  /** `1234 kWh, 56.78 m3`. */
  readonly state: string
}

/** What a message of a day says. */
export interface DayTold {
  readonly issue: number
  readonly expected: number
  readonly published: number
  readonly missing: readonly string[]
  readonly missingCount: number
}

interface Value {
  readonly value: string
  readonly unit: string
}

export interface Ledger {
  /** `KAM-50000001 2026-10-25` → what stands. */
  readonly standing: ReadonlyMap<string, Standing>
  /** By day and issue. */
  readonly days: ReadonlyMap<string, readonly DayTold[]>
  /** Of all messages. */
  readonly flags: ReadonlySet<string>
  /** Different messages so far. */
  received(): number
  end(): Promise<void>
}

export const keepLedger = async (port: number): Promise<Ledger> => {
  const standing = new Map<string, Standing>()
  const days = new Map<string, DayTold[]>()
  const flags = new Set<string>()
  const seen = new Set<string>()
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ protocolVersion: 5, clientId: 'billing', keepalive: 0 },
    // A starved machine may lose the line; what comes meanwhile waits in the broker.
    ...{ clean: false, properties: { sessionExpiryInterval: 86_400 } },
  })
  client.on('message', (topic, payload) => {
    const levels = topic.split('/').slice(3)
    if (levels[0] === 'status') return
    const message = JSON.parse(payload.toString())
    // The same state may come again as better evidence, under the same id.
    seen.add(`${message.id ?? topic} ${message.day} ${message.issue ?? message.precedence}`)
    if (levels[0] === 'day') days.set(message.day, [...(days.get(message.day) ?? []), message])
    if (levels[0] !== 'reading') return
    for (const flag of message.quality.flags) flags.add(flag)
    const key = `${levels[2]} ${message.day}`
    const before = standing.get(key)
    if (before && (before.precedence > message.precedence || (before.precedence === message.precedence && before.id >= message.id))) return
    const text = ({ value, unit }: Value): string => `${value} ${unit}`
    const state = `${text(message.registers.energy)}, ${text(message.registers.volume)}`
    standing.set(key, { id: message.id, precedence: message.precedence, state })
  })
  await client.subscribeAsync('varmesky/#', { qos: 1 })
  return { standing, days, flags, received: () => seen.size, end: () => client.endAsync(true) }
}
