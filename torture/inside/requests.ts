/** Requests by MQTT as nobody should send them, against the product in this process: `requests.js DIRECTORY COUNT SEED`. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { createRequests } from '../../src/requests.ts'
import type { Incoming } from '../../src/sinks/sink.ts'
import { openStore } from '../../src/store/open.ts'
import { dice } from '../dice.ts'

const [directory, count, seed] = process.argv.slice(2) as [string, string, string]
const NOW = Date.UTC(2026, 10, 24, 1)
const SECRET = 'a secret of more than thirty-two characters'
const TOPIC = 'varmesky/v1/box/request'
const random = dice(Number(seed))
const clock = manualClock(NOW)
const store = openStore({ directory, kek: null, clock })
let executed = 0
const outbox = { resend: () => ++executed }
const requests = createRequests({ outbox, memory: store.memory, clock, log: silentLog, allow: ['resend'], secret: () => SECRET })

const sign = (body: Uint8Array, topic = TOPIC, responseTopic = ''): string =>
  createHmac('sha256', SECRET).update(`${topic}\n${responseTopic}\n`).update(body).digest('hex')
const honest = (changes: object = {}, args: object = {}): object => ({
  schema: 'varmesky.request/1',
  action: 'resend',
  args: { from: '2026-11-01', to: '2026-11-02', ...args },
  nonce: createHash('md5').update(randomBytes(8)).digest('hex'),
  expires: new Date(NOW + 600_000).toISOString(),
  ...changes,
})
const signed = (request: unknown): Incoming => {
  const body = Buffer.from(typeof request === 'string' ? request : JSON.stringify(request))
  return { sink: 'mqtt', channel: 'request', topic: TOPIC, body, signature: sign(body) }
}
const iso = (ms: number): string => new Date(NOW + ms).toISOString()
const { signature: _, ...unsigned } = signed(honest())
const played = signed(honest())

/** The last five need the secret, and still may not do more than is on the list. */
const HOSTILE: readonly (() => Incoming)[] = [
  () => ({ ...unsigned, body: Buffer.from(JSON.stringify(honest())) }),
  () => ({ ...signed(honest()), signature: randomBytes(32).toString('hex') }),
  () => ({ ...signed(honest()), signature: '' }),
  () => ({ ...signed(honest()), body: Buffer.from(JSON.stringify(honest())) }),
  () => ({ ...signed(honest()), topic: 'varmesky/v1/other/request' }),
  () => ({ ...signed(honest()), responseTopic: 'varmesky/v1/box/reading' }),
  () => played,
  () => signed(honest({ nonce: 'x'.repeat(5_000) })),
  () => signed(honest({ expires: iso(-1) })),
  () => signed(honest({ expires: iso(2 * 3_600_000) })),
  () => signed(honest({ action: random.next() < 0.5 ? '../../bin/sh' : 'constructor' })),
  () => signed(honest({}, { meter: '../../etc/passwd' })),
  () => signed(honest({}, { from: '2020-01-01', to: '2026-11-02' })),
  () => signed(honest({ __proto__: null, extra: '$(reboot)' })),
  () => signed('{"schema":'.repeat(100)),
]

const wanted = [signed(honest()), played]
for (const request of wanted) requests.perform(request)
const done = executed
for (let n = 0; n < Number(count); n++) {
  const { body, ...rest } = HOSTILE[n % HOSTILE.length]!()
  // Now and then a bit of it is another one.
  const changed = Uint8Array.from(body)
  if (random.next() < 0.2 && changed.length > 0) changed[Math.floor(random.next() * changed.length)]! ^= 1 << Math.floor(random.next() * 8)
  requests.perform({ ...rest, body: changed })
}
store.close()
process.stdout.write(JSON.stringify({ honest: wanted.length, done, hostile: executed - done }))
