import { readFileSync } from 'node:fs'
import { hasOpenssl, makeCertificates, type Pair } from '../test/support/broker-certificates.ts'
import { type Certificate, startBroker } from './broker.ts'
import { dice } from './dice.ts'
import { comesTrue, prepareDaemon, worldTime } from './process.ts'
import { atLeast, atMost, type Figure, type Ground, holds, note, type Row, type Scale, timely } from './row.ts'

const RECONNECTS: Readonly<Record<Scale, number>> = { short: 200, usual: 1_000, full: 5_000 }
/** Fast time, or the back-off alone would take hours. */
const RATE = 100
const REFUSALS = [0x87, 0x88, 0x97, 0x86, 0x89]
const KICKS = 10
/** DISCONNECT "session taken over": another client with the same identifier. */
const TAKEN_OVER = 0x8e
const TAKEOVERS = 5
/** The shortest back-off is a second less half of it for jitter. */
const SHORTEST_S = 0.5
/** Attempts against the expired certificate before it is renewed. */
const EXPIRED = 8
/** The longest back-off, and three seconds of the world in which fast time goes on. */
const RENEWED_S = 300 + 3 * RATE

export const T5: Row = {
  id: 'T5',
  title:
    'reconnect storm: refused at CONNACK, killed while sending, taken over, cut after a few messages; the broker’s certificate expires',
  limit:
    'lost 0, doubled 0, one attempt per back-off (≥ 0.5 s, ≤ 300 s), recovers each time, RSS grows ≤ 25 MB; an expired certificate is told, and delivers once it is renewed',
  mutation: { file: 'delivery.js', find: 'first: 1_000, longest: 300_000', put: 'first: 1, longest: 10' },
  async run(ground) {
    return [...(await storm(ground)), ...(await expire(ground))]
  },
}

const storm = async ({ build, directory, scale, seed, later }: Ground): Promise<readonly Figure[]> => {
  const random = dice(seed)
  const broker = await startBroker()
  later(() => broker.down())
  const daemon = prepareDaemon({ build, directory, broker: broker.port, time: worldTime(Date.UTC(2026, 9, 20, 12), RATE) })
  later(() => daemon.kill())
  const recovered = (): Promise<boolean> => comesTrue(20_000, () => broker.open() > 0)

  const refusals = REFUSALS.length * 2
  broker.script = { connack: (n) => (n <= refusals ? { reasonCode: REFUSALS[n % REFUSALS.length]! } : {}) }
  daemon.start()
  await daemon.ready()
  daemon.order({ order: 'produce', from: 0, count: 1_000_000, perSecond: 200, day: '2026-10-19' })
  const afterRefusals = await comesTrue(60_000, () => broker.connects.length > refusals && broker.ledger.size() > 0)
  const refused = intervals(broker.connects.slice(0, refusals + 1))

  let kicks = 0
  for (let n = 0; n < KICKS + TAKEOVERS; n++) {
    const sizeBefore = broker.ledger.size()
    broker.kick(n < KICKS ? undefined : TAKEN_OVER)
    if (await comesTrue(20_000, () => broker.ledger.size() > sizeBefore)) kicks++
  }

  const storm = broker.connects.length
  let rssBefore = 0
  broker.script = { puback: (_, n) => (n > 1 + random.below(60) ? 'cut' : 0) }
  const tenth = storm + RECONNECTS[scale] / 10
  await comesTrue(300_000, () => broker.connects.length >= tenth)
  rssBefore = daemon.rssMB()
  const stormed = await comesTrue(1_200_000, () => broker.connects.length >= storm + RECONNECTS[scale])
  const grown = daemon.rssMB() - rssBefore
  const all = intervals(broker.connects)

  broker.script = {}
  const came = await recovered()
  // Acknowledgements within 0.3 s are for the storm: what is left goes at the pace of the world.
  daemon.steer({ rate: 1 })
  daemon.order({ order: 'rest' })
  await comesTrue(300_000, () => broker.ledger.lost(daemon.journal()).length === 0)
  const journal = daemon.journal()
  return [
    note(`${broker.connects.length} connects in time running ${RATE} × as fast`),
    holds(`recovered after ${refusals} refusals`, afterRefusals),
    atLeast('kills and takeovers recovered from', kicks, KICKS + TAKEOVERS),
    holds(`${RECONNECTS[scale]} reconnects`, stormed && came),
    atLeast('shortest back-off', Math.min(...all), SHORTEST_S * 0.99, ' s'),
    atMost('longest', Math.max(...refused), 300 + RATE, ' s'),
    atMost('RSS grew by', grown, 25, ' MB'),
    note(`${broker.ledger.taken() - broker.ledger.size()} wire doubles of ${journal.size} stored`),
    atMost('lost', broker.ledger.lost(journal).length, 0),
    atMost('doubled', broker.ledger.doubled(), 0),
  ]
}

const pem = ({ cert, key }: Pair): Certificate => ({ cert: readFileSync(cert), key: readFileSync(key) })

/** Over TLS: the broker's certificate has run out, and is renewed in the end. */
const expire = async ({ build, directory: base, later }: Ground): Promise<readonly Figure[]> => {
  if (!hasOpenssl) return [note('expired certificate: not run, needs the command openssl')]
  const certificates = await makeCertificates()
  later(() => certificates.remove())
  const broker = await startBroker({}, pem(certificates.expired))
  later(() => broker.down())
  const daemon = prepareDaemon({
    build,
    directory: `${base}/tls`,
    broker: broker.port,
    ca: certificates.ca,
    time: worldTime(Date.UTC(2026, 9, 20, 12), RATE),
  })
  later(() => daemon.kill())
  daemon.start()
  await daemon.ready()
  daemon.order({ order: 'produce', from: 0, count: 400, perSecond: 400, day: '2026-10-19' })
  const tried = await comesTrue(60_000, () => broker.refusals() >= EXPIRED && daemon.journal().size >= 400)
  const told = /certificate of the broker has expired/.test(daemon.log())
  const sentBefore = broker.connects.length
  broker.renew(pem(certificates.broker))
  const renewedMs = Date.now()
  await comesTrue(60_000, () => broker.ledger.lost(daemon.journal()).length === 0)
  return [
    holds(`expired certificate: refused ${broker.refusals()} times`, tried && sentBefore === 0),
    holds('told', told),
    timely('delivered after the renewal within', ((Date.now() - renewedMs) / 1_000) * RATE, RENEWED_S),
    atMost('lost', broker.ledger.lost(daemon.journal()).length, 0),
  ]
}

/** Seconds of the daemon's time from one CONNECT to the next. */
const intervals = (connects: readonly number[]): readonly number[] => connects.slice(1).map((at, n) => ((at - connects[n]!) / 1_000) * RATE)
