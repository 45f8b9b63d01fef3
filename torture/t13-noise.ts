import { openStick, telegramFrame } from '../demo/im871a-stick.ts'
import { type MeterOnAir, metersOnAir } from '../test/system/meters.ts'
import { startBroker } from './broker.ts'
import { askStatus, received } from './control.ts'
import { dice } from './dice.ts'
import { comesTrue, prepareDaemon, stockUp, worldTime } from './process.ts'
import { atMost, holds, note, type Row, type Scale } from './row.ts'

const BURSTS: Readonly<Record<Scale, number>> = { short: 60, usual: 600, full: 6_000 }
const FRAMES_BETWEEN = 3
const MOST_NOISE = 2_000
const START = Date.UTC(2026, 9, 20, 12)
const MINUTE_MS = 60_000

export const T13: Row = {
  id: 'T13',
  title: 'a stick’s frames cut at every byte; noise of up to 2,000 bytes, wrong checksums and lying lengths between them',
  limit: 'cut: lost 0; at most one frame lost for each burst; alive',
  mutation: { file: 'receivers/sticks/resync.js', find: 'at += size || 1', put: 'at += size || bytes.length - at' },
  async run({ build, directory, scale, seed, later }) {
    const random = dice(seed)
    // Those in the clear: each telegram is read by itself.
    const meters = metersOnAir(90, START).filter(({ key }) => key === null)
    stockUp(build, directory, { meters: meters.map(({ meter }) => meter), days: [] })
    const broker = await startBroker()
    later(() => broker.down())
    const stick = await openStick()
    later(() => stick.close())
    const receiver = { use: 'im871a', at: stick.path } as const
    const daemon = prepareDaemon({ build, directory, broker: broker.port, receiver, time: worldTime(START), patient: true })
    later(() => daemon.kill())
    daemon.start()
    await daemon.ready()
    await comesTrue(30_000, () => stick.linkMode() !== null)
    let [sent, spoilt] = [0, 0]
    const next = (): Uint8Array => frameOf(meters[sent % meters.length]!, START + sent++ * MINUTE_MS)
    const whole = next()
    await stick.raw(whole)
    for (let at = 1; at < whole.length; at++) {
      const frame = next()
      await stick.raw(frame.subarray(0, at))
      await stick.raw(frame.subarray(at))
    }
    const heard = async (): Promise<number> => received(await askStatus(daemon.socket))
    await settles(heard)
    const cutLost = sent - (await heard())
    const before = await heard()
    const first = sent
    for (let n = 0; n < BURSTS[scale]; n++) {
      if (n % KINDS === 1) spoilt++
      await stick.raw(noise(random, n, next))
      for (let frame = 0; frame < FRAMES_BETWEEN; frame++) await stick.raw(next())
    }
    await settles(heard)
    const behind = (await heard()) - before
    // What a spoilt frame in the noise was is not counted as sent.
    const lost = sent - spoilt - first - behind
    return [
      note(`${whole.length - 1} places to cut, ${BURSTS[scale]} bursts with ${FRAMES_BETWEEN} frames behind each`),
      atMost('cut and lost', cutLost, 0),
      atMost('lost behind noise', lost, BURSTS[scale]),
      holds('alive', daemon.isAlive()),
    ]
  },
}

/** As this stick hands a telegram on, with its strength. */
const frameOf = (meter: MeterOnAir, utcMs: number): Uint8Array => telegramFrame(withoutCrc(meter.telegram(utcMs)), 0x60)

const KINDS = 4
/** In turn: anything, a frame with a wrong checksum, a start with a length that is not there, starts and nothing else. */
const noise = (random: ReturnType<typeof dice>, n: number, next: () => Uint8Array): Uint8Array => {
  const some = Uint8Array.from({ length: 1 + Math.floor(random.next() * MOST_NOISE) }, () => Math.floor(random.next() * 256))
  if (n % KINDS === 0) return some
  if (n % KINDS === 1) {
    const frame = next()
    frame[frame.length - 1]! ^= 0x5a
    return frame
  }
  if (n % KINDS === 2) return Uint8Array.of(0xa5, 0x82, 0x03, 0x20 + Math.floor(random.next() * 0x60), 0x44)
  return new Uint8Array(1 + Math.floor(random.next() * 60)).fill(0xa5)
}

/** Until nothing more comes. */
const settles = async (count: () => Promise<number>): Promise<void> => {
  for (let before = -1, now = await count(); now !== before; ) {
    before = now
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    now = await count()
  }
}

const withoutCrc = (frame: Uint8Array): Uint8Array => {
  const blocks = [frame.subarray(0, 10)]
  for (let at = 12; at < frame.length; at += 18) blocks.push(frame.subarray(at, Math.min(at + 16, frame.length - 2)))
  return Uint8Array.from(Buffer.concat(blocks))
}
