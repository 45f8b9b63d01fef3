import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { manualClock } from '../src/clock.ts'
import { createInbound, type InboundParts } from '../src/inbound.ts'
import { silentLog } from '../src/log.ts'
import { startDayMessages } from '../src/readings/day-messages.ts'
import { createRequests, signatureOf } from '../src/requests.ts'
import { openStore } from '../src/store/open.ts'
import type { Draft } from '../src/store/outbox/messages.ts'
import { temporaryDirectory } from './store/state.ts'

const DAY = '2026-11-23'
const NOW = Date.UTC(2026, 10, 24, 1)
const HOURS = 3_600_000
const MQTT = 'mqtt'
const SECRET = 'a secret of at least thirty-two characters'

const reading = (n: number, hash = '9c41f0a2b77e', precedence = 1): Draft => {
  const meter = `KAM-${String(n).padStart(8, '0')}`
  const id = `${meter}/${DAY}/${hash}`
  const body = JSON.stringify({ id, evidence: { kind: 'boundary' }, quality: { state: 'valid' } })
  return { kind: 'reading.daily', id, meter, day: DAY, precedence, body }
}

/** A store whose day has closed with so many readings; the first `sent` of them were accepted. */
const setUp = (more: Partial<InboundParts> = {}, stored = 5, sent = stored) => {
  const clock = manualClock(NOW)
  const store = openStore({ directory: temporaryDirectory(), kek: null, clock })
  onTestFinished(() => store.close())
  const { outbox, days } = store
  outbox.expectReceipts([MQTT])
  const put = (...drafts: Draft[]): void => {
    drafts.forEach(outbox.add)
    outbox.flush()
  }
  const accept = (limit: number): void => {
    const batch = outbox.pending(MQTT, 'live', limit)
    const accepted = batch.map(() => 'accepted' as const)
    outbox.settle(MQTT, batch, accepted, null, 0)
  }
  put(...Array.from({ length: stored }, (_, n) => reading(n)))
  accept(sent)
  const messages = startDayMessages({ clock, log: silentLog, gateway: 'west', timeZone: 'Europe/Copenhagen', ...store })
  messages.closing(DAY)
  const tell = vi.fn()
  const inbound = createInbound({ outbox, days, clock, log: silentLog, tell, receipts: 'id', requests: null, ...more })
  const say = (message: unknown): void =>
    void inbound.receive({ sink: MQTT, channel: 'receipt', topic: 'receipt', body: Buffer.from(JSON.stringify(message)) })
  const dueNow = (): readonly string[] => outbox.due(MQTT, clock.utcMs()!, 100).map(({ id }) => id)
  return { clock, store, outbox, put, accept, inbound, say, tell, dueNow }
}

const ids = (...ns: number[]): unknown => ({ schema: 'varmesky.receipt/1', ids: ns.map((n) => reading(n).id) })
const ofDay = (digest: string): unknown => ({ schema: 'varmesky.receipt/1', day: DAY, digest })

describe('a receipt by id', () => {
  it('confirms what was accepted, once, and nothing else', () => {
    const { outbox, inbound, say } = setUp({}, 5, 3)
    say(ids(0, 1, 4, 77))
    say(ids(0))
    expect(inbound.counts()).toMatchObject({ confirmed: 2, unknown: 2, refused: 0 })
    expect(outbox.state(MQTT).receipts).toEqual({ confirmed: 2, unconfirmed: 1 })
    expect(outbox.receipts(MQTT, 1, 10).map(({ confirmedAt }) => confirmedAt)).toEqual([NOW, NOW, null])
  })

  it('is not believed of another sink', () => {
    const { outbox } = setUp()
    expect(outbox.confirmIds('other', [reading(0).id])).toEqual({ confirmed: 0, unknown: 1 })
  })

  it('that is malformed is counted and refused, whatever it says', () => {
    const { inbound, outbox } = setUp()
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (body) => {
          const before = inbound.counts().refused
          expect(inbound.receive({ sink: MQTT, channel: 'receipt', topic: 't', body })).toBeNull()
          expect(inbound.counts().refused).toBe(before + 1)
        },
      ),
    )
    expect(outbox.state(MQTT).receipts).toEqual({ confirmed: 0, unconfirmed: 5 })
  })

  it('is refused above a thousand ids and where days are configured', () => {
    const { inbound, say } = setUp()
    say(ids(...Array(1_001).fill(0)))
    expect(inbound.counts()).toMatchObject({ refused: 1, confirmed: 0 })
    const days = setUp({ receipts: 'day' })
    days.say(ids(0))
    expect(days.inbound.counts()).toMatchObject({ refused: 1, confirmed: 0 })
  })
})

describe('a receipt of a day', () => {
  const digestOf = ({ store }: ReturnType<typeof setUp>, issue = 0): string =>
    JSON.parse(store.days.summaries(DAY)[issue]!.body).digest.value

  it('with the digest confirms every reading of the day that was accepted', () => {
    const desk = setUp({ receipts: 'day' }, 5, 4)
    desk.say(ofDay(digestOf(desk)))
    expect(desk.inbound.counts()).toMatchObject({ confirmed: 4, unknown: 1, mismatched: 0 })
    expect(desk.store.days.sinks(DAY)).toEqual([{ sink: MQTT, accepted: 4, confirmed: 4 }])
  })

  it('with another digest is told, and the day is sent again, at most every six hours', () => {
    const desk = setUp({ receipts: 'day' }, 5, 6)
    desk.accept(10)
    const wrong = ofDay('0'.repeat(64))
    desk.say(wrong)
    expect(desk.tell).toHaveBeenCalledExactlyOnceWith('receipt.mismatch', { day: DAY, sink: MQTT })
    const again = [...Array.from({ length: 5 }, (_, n) => reading(n).id), `west/day/${DAY}/1`]
    expect(desk.dueNow()).toEqual(again)
    const settle = (): void => {
      const batch = desk.outbox.due(MQTT, desk.clock.utcMs()!, 100)
      desk.outbox.settleDue(MQTT, batch, Array(batch.length).fill('accepted'), null, 0)
    }
    settle()
    desk.say(wrong)
    expect(desk.dueNow()).toEqual([])
    desk.clock.advance(6 * HOURS)
    desk.say(wrong)
    expect(desk.dueNow()).toEqual(again)
    expect(desk.outbox.state(MQTT).receipts).toEqual({ confirmed: 0, unconfirmed: 5 })
  })

  it('with the digest of an earlier issue is merely late', () => {
    const desk = setUp({ receipts: 'day' })
    const first = digestOf(desk)
    desk.put(reading(0, 'aaaaaaaaaaaa', 2))
    desk.clock.advance(60_000)
    desk.say(ofDay(first))
    expect(desk.inbound.counts()).toMatchObject({ outdated: 1, mismatched: 0, confirmed: 0 })
    expect(desk.dueNow()).toEqual([])
  })

  it('that never closed confirms nothing', () => {
    const { inbound, say } = setUp({ receipts: 'day' })
    say({ schema: 'varmesky.receipt/1', day: '2026-11-01', digest: '0'.repeat(64) })
    expect(inbound.counts()).toMatchObject({ unknown: 1, mismatched: 0 })
  })
})

describe('a reading that is not confirmed', () => {
  it('is sent again after a day, then two, then three, until it is', () => {
    const { clock, outbox, say, dueNow } = setUp({}, 2)
    say(ids(1))
    const sentAfter: number[] = []
    for (let hour = 1; hour <= 24 * 7; hour++) {
      clock.advance(HOURS)
      outbox.resendUnconfirmed(MQTT, clock.utcMs()!, 100)
      if (dueNow().length === 0) continue
      expect(dueNow()).toEqual([reading(0).id])
      const batch = outbox.due(MQTT, clock.utcMs()!, 100)
      outbox.settleDue(MQTT, batch, ['accepted'], null, 0)
      sentAfter.push(hour)
    }
    expect(sentAfter).toEqual([24, 72, 144])
    clock.advance(100 * HOURS)
    outbox.resendUnconfirmed(MQTT, clock.utcMs()!, 100)
    say(ids(0))
    expect(dueNow()).toEqual([])
  })

  it('waits from the moment the time is known, if it was not when it was accepted', () => {
    const { clock, outbox, put, accept, dueNow } = setUp({}, 0)
    clock.setUtc(null)
    put(reading(0))
    accept(9)
    clock.setUtc(NOW)
    outbox.resendUnconfirmed(MQTT, NOW, 10)
    expect(dueNow()).toEqual([])
    clock.advance(24 * HOURS)
    expect(outbox.resendUnconfirmed(MQTT, clock.utcMs()!, 10)).toBe(1)
  })
})

describe('a request', () => {
  const ask = (changes: object = {}, raw: { secret?: string; topic?: string; responseTopic?: string; signedTopic?: string } = {}) => {
    const { topic = 'varmesky/v1/west/request', secret = SECRET, responseTopic = 'billing/answers' } = raw
    const message = { schema: 'varmesky.request/1', action: 'resend', args: { from: DAY, to: DAY }, nonce: 'n'.repeat(16) }
    const body = Buffer.from(JSON.stringify({ ...message, expires: '2026-11-24T01:10:00Z', ...changes }))
    const signature = signatureOf(secret, { topic: raw.signedTopic ?? topic, responseTopic, body })
    return { sink: MQTT, channel: 'request', topic, responseTopic, body, signature } as const
  }
  const desk = () => {
    const parts = setUp({}, 3, 9)
    const { store, outbox, clock } = parts
    const requests = () => createRequests({ outbox, memory: store.memory, clock, log: silentLog, allow: ['resend'], secret: () => SECRET })
    return { ...parts, requests }
  }

  it('that is signed is done once, and answered', () => {
    const { requests, dueNow } = desk()
    const { perform } = requests()
    const done = perform(ask())
    expect('answer' in done && JSON.parse(done.answer)).toMatchObject({ ok: true, nonce: 'n'.repeat(16), result: { requeued: 3 } })
    expect(dueNow()).toHaveLength(3)
    expect(perform(ask())).toEqual({ refused: expect.stringContaining('played again') })
    // Another daemon on the same store remembers.
    expect(requests().perform(ask())).toEqual({ refused: expect.stringContaining('played again') })
  })

  it('may name a meter whose number has letters in it', () => {
    const { requests, dueNow } = desk()
    expect(requests().perform(ask({ args: { from: DAY, to: DAY, meter: 'KAM-0713A34F' } }))).toHaveProperty('answer')
    expect(dueNow()).toEqual([])
  })

  it.each([
    ['signed by somebody else', ask({}, { secret: 'x'.repeat(32) }), 'signature'],
    ['not signed', { ...ask(), signature: '' }, 'signature'],
    ['meant for another gateway', ask({}, { signedTopic: 'varmesky/v1/east/request' }), 'signature'],
    ['whose answer was turned elsewhere', { ...ask(), responseTopic: 'evil/answers' }, 'signature'],
    ['changed on the way', { ...ask(), body: Buffer.from(ask().body.toString().replace('11-23', '11-22')) }, 'signature'],
    ['too old', ask({ expires: '2026-11-24T01:00:00Z' }), 'expired'],
    ['valid for too long', ask({ expires: '2026-11-24T02:00:01Z' }), 'expired'],
    ['of an action there is not', ask({ action: 'drop' }), 'not a request'],
    ['of too many days', ask({ args: { from: '2026-01-01', to: DAY } }), 'not a request'],
    ['with a path for a meter', ask({ args: { from: DAY, to: DAY, meter: '../../etc/passwd' } }), 'not a request'],
    ['with a wildcard to answer to', ask({}, { responseTopic: 'billing/#' }), 'response topic'],
    ['larger than 4 kB', ask({ more: 'x'.repeat(4_096) }), 'larger'],
  ])('%s is refused', (_, incoming, reason) => {
    const { requests, dueNow } = desk()
    expect(requests().perform(incoming)).toEqual({ refused: expect.stringContaining(reason) })
    expect(dueNow()).toEqual([])
  })

  it('is refused while the time is not known, and where the secret is too short or missing', () => {
    const { requests, clock, outbox, store } = desk()
    clock.setUtc(null)
    expect(requests().perform(ask())).toEqual({ refused: 'the time is not known' })
    const bad = (secret: () => string | undefined) =>
      createRequests({ outbox, memory: store.memory, clock, log: silentLog, allow: ['resend'], secret }).perform(ask())
    expect(bad(() => 'short')).toEqual({ refused: expect.stringContaining('no secret') })
    const missing = () =>
      bad(() => {
        throw Object.assign(new Error('no'), { code: 'ENOENT' })
      })
    expect(missing()).toEqual({ refused: expect.stringContaining('no secret') })
  })

  it('is refused when a thousand were done within the hour, and none is forgotten', () => {
    const { requests, store } = desk()
    const nonce = (n: number): string => String(n).padStart(16, '0')
    const used = Array.from({ length: 999 }, (_, n): [string, string] => [nonce(n), String(NOW + HOURS)])
    store.memory.save('request-nonce', new Map(used))
    const { perform } = requests()
    expect(perform(ask({ nonce: nonce(999) }))).toHaveProperty('answer')
    expect(perform(ask({ nonce: nonce(1_000) }))).toEqual({ refused: expect.stringContaining('too many') })
    expect(perform(ask({ nonce: nonce(0) }))).toEqual({ refused: expect.stringContaining('played again') })
  })

  it('is refused where none are allowed', () => {
    const { inbound } = setUp()
    expect(inbound.receive(ask())).toBeNull()
    expect(inbound.counts()).toMatchObject({ refused: 1, requests: 0 })
  })
})
