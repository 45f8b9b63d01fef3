import { readFileSync } from 'node:fs'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'
import type { Received } from '../support/broker-subscriber.ts'

/** A daily reading as billing takes it off the wire. */
export interface Arrival {
  readonly meter: string
  readonly day: string
  readonly id: string
  readonly precedence: number
  readonly body: string
}

/** The readings among what a subscriber received, from one gateway or from all. */
export const arrivalsIn = (received: readonly Received[], gateway = '[^/]+'): readonly Arrival[] => {
  const topic = new RegExp(`^varmesky/v1/${gateway}/reading/daily/(.+)$`)
  return received.flatMap((message) => {
    const [, meter] = topic.exec(message.topic) ?? []
    if (meter === undefined) return []
    const { day, id, precedence }: DailyReading = JSON.parse(message.body)
    return [{ meter, day, id, precedence, body: message.body }]
  })
}

export interface LedgerRow {
  readonly meter: string
  readonly day: string
  readonly id: string
  readonly precedence: number
  readonly registers: string
}

const [CREATE_TABLE, UPSERT] = readFileSync(new URL('../../examples/consumer.sql', import.meta.url), 'utf8').split(/(?<=;)\n/)

/** What the example consumer keeps after these arrivals, in this order. */
export const ledgerOf = (arrivals: readonly Arrival[]): readonly LedgerRow[] => {
  const db = new Sqlite(':memory:')
  db.exec(CREATE_TABLE!)
  const upsert = db.prepare(UPSERT!)
  db.transaction(() => {
    for (const arrival of arrivals) upsert.run(arrival)
  })()
  // Who heard it (the rest of the body) does not matter where two heard the same.
  const rows = db.prepare<[], LedgerRow>(`
    SELECT meter, day, id, precedence, json_extract(body, '$.registers') AS registers FROM reading ORDER BY meter, day`)
  const kept = rows.all()
  db.close()
  return kept
}
