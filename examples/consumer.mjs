// Keeps the readings that billing needs in SQLite:   npm install mqtt better-sqlite3
//   node consumer.mjs mqtt://broker.example billing.db
//   node consumer.mjs - billing.db < messages.jsonl   (one message a line, as mosquitto_sub -F %p writes them)
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { connect } from 'mqtt'

const [, , from, file] = process.argv
const db = new Database(file)
const [createTable, upsert] = readFileSync(new URL('consumer.sql', import.meta.url), 'utf8').split(/(?<=;)\n/)
db.exec(createTable)
const put = db.prepare(upsert)

function keep(body) {
  const { schema, meter, day, id, precedence } = JSON.parse(body)
  if (schema === 'varmesky.reading.daily/1') put.run({ meter: `${meter.manufacturer}-${meter.id}`, day, id, precedence, body })
}

if (from === '-') for await (const line of createInterface({ input: process.stdin })) keep(line)
else {
  const session = { protocolVersion: 5, clientId: 'billing', clean: false, properties: { sessionExpiryInterval: 7 * 86_400 } }
  const client = connect(from, session)
  client.on('message', (_, body) => keep(body.toString())) // committed here, acknowledged after it
  client.subscribe('varmesky/v1/+/reading/daily/+', { qos: 1 })
}
