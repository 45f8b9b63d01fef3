import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { keepOpen } from '../../src/receivers/ports/keep-open.ts'
import type { LinkEvents, Port } from '../../src/receivers/ports/port.ts'
import { type ReceiverSession, receiverSession } from '../../src/receivers/session.ts'
import { amber } from '../../src/receivers/sticks/amber.ts'
import { hexLines } from '../../src/receivers/streams/lines.ts'
import { amberEmulator } from './emulators/amber.ts'
import { answering } from './emulators/emulator.ts'
import { bytesOf, IM871A_FRAMES } from './vectors.ts'

const MIN = 60_000
const TELEGRAM = bytesOf(IM871A_FRAMES[0]!.telegram)
const ALIVE = 'ff0b00f4'
const RESET = 'ff0500fa'
const SET_MODE = 'ff040109f3'

/** An Amber stick at a port without wires, so that days pass at once. */
function stick() {
  const clock = manualClock(Date.UTC(2026, 10, 24))
  const emulator = amberEmulator()
  const asked: string[] = []
  const told: unknown[] = []
  let link: LinkEvents | null = null
  let openings = 0
  let isHung = false
  const port: Port = {
    open(events) {
      openings++
      link = events
      const answer = answering(emulator, (request) => asked.push(Buffer.from(request).toString('hex')))
      queueMicrotask(() => link === events && events.opened())
      return {
        write(bytes) {
          const reply = answer(bytes)
          if (!isHung && reply.length > 0) queueMicrotask(() => link === events && events.data(reply))
        },
        async close() {
          link = null
        },
      }
    },
  }
  const session: ReceiverSession = receiverSession(
    { name: 'mast', use: 'amb8465', at: '/dev/x' },
    (context) => amber(context, undefined),
    clock,
    silentLog,
    (event, { receiver, ...facts }) => told.push([event, receiver, facts]),
  )
  const kept = keepOpen(port, session, clock)
  /** Lets time pass, second by second, with everything that is said meanwhile. */
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 1000) {
      clock.advance(1000)
      await nextTurn()
    }
  }
  return {
    asked,
    told,
    session,
    kept,
    pass,
    openings: () => openings,
    hang(on: boolean) {
      isHung = on
    },
    hear: () => link!.data(emulator.telegram(TELEGRAM)),
    unplug: () => link!.closed('unplugged'),
    async start() {
      void kept.start()
      await pass(5000)
      expect(session.health().state).toBe('receiving')
      asked.splice(0)
    },
  }
}

describe('a receiver that hears nothing', () => {
  let s: ReturnType<typeof stick>
  afterEach(() => s.kept.stop())

  it('is asked, set up, reset and opened anew, and goes on trying', async () => {
    s = stick()
    await s.start()
    await s.pass(29 * MIN)
    expect(new Set(s.asked)).toEqual(new Set([ALIVE]))
    expect(s.session.health()).toMatchObject({ state: 'receiving', trouble: null, recoveries: { 'set up': 0, reset: 0, reopened: 0 } })
    await s.pass(2 * MIN)
    expect([s.asked.includes(RESET), s.asked.at(-1), s.openings()]).toEqual([false, SET_MODE, 1])
    expect(s.session.health()).toMatchObject({
      state: 'silent',
      trouble: expect.stringMatching(/has heard nothing yet, for 31 min: is the antenna.*link modes/),
    })
    await s.pass(15 * MIN)
    expect([s.asked.includes(RESET), s.asked.at(-1), s.openings()]).toEqual([true, SET_MODE, 1])
    await s.pass(15 * MIN)
    expect(s.openings()).toBe(2)
    await s.pass(5 * 60 * MIN)
    const { recoveries } = s.session.health()
    expect(recoveries!['set up']).toBeGreaterThan(2)
    expect(s.told).toEqual([['receiver.silent', 'mast', expect.objectContaining({ minutes: 30, usualMinutes: 0 })]])
    s.hear()
    expect(s.session.health()).toMatchObject({ state: 'receiving', trouble: null, telegrams: 1 })
    expect(s.told[1]).toEqual(['receiver.back', 'mast', { minutes: expect.any(Number), after: expect.any(String) }])
  })

  it('and does not even answer is opened anew within three minutes, and set up once it answers', async () => {
    s = stick()
    await s.start()
    s.hear()
    s.hang(true)
    await s.pass(3 * MIN)
    expect(s.openings()).toBeGreaterThan(1)
    expect(s.session.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(/no answer/) })
    s.hang(false)
    await s.pass(12_000)
    expect(s.session.health()).toMatchObject({ state: 'receiving', recoveries: { asked: 1, 'set up': 1, reset: 1, reopened: 1 } })
    expect(s.told).toEqual([])
  })

  it('is not touched while it hears', async () => {
    s = stick()
    await s.start()
    for (let i = 0; i < 60; i++) {
      await s.pass(MIN)
      s.hear()
    }
    expect([s.asked, s.told, s.openings()]).toEqual([[], [], 1])
  })

  it('is told, too, while its port is away, and is given its time when it is back', async () => {
    s = stick()
    await s.start()
    s.hang(true)
    s.unplug()
    await s.pass(31 * MIN)
    expect(s.told).toEqual([['receiver.silent', 'mast', expect.objectContaining({ why: expect.stringMatching(/no answer/) })]])
    s.hang(false)
    await s.pass(12_000)
    s.asked.splice(0)
    await s.pass(MIN)
    expect(s.asked.filter((request) => request !== ALIVE)).toEqual([])
    s.hear()
    expect(s.told).toHaveLength(2)
  })

  it('is reset at somebody’s request, and hears meanwhile', async () => {
    s = stick()
    expect(s.session.reset()).toBe(false)
    await s.start()
    expect(s.session.reset()).toBe(true)
    s.hear()
    await s.pass(5000)
    expect([s.asked[0], s.asked.at(-1), s.openings()]).toEqual([RESET, SET_MODE, 1])
    s.hear()
    expect(s.session.health()).toMatchObject({ state: 'receiving', telegrams: 2, badChecksums: 0 })
  })
})

describe('a stream that falls silent', () => {
  it('is opened anew: there is nobody to ask', async () => {
    const clock = manualClock(null)
    let openings = 0
    const port: Port = {
      open(events) {
        openings++
        queueMicrotask(() => events.opened())
        return { write() {}, close: async () => {} }
      },
    }
    const session = receiverSession({ name: 'roof', use: 'hex', at: 'tcp://x:1' }, hexLines, clock, silentLog)
    const kept = keepOpen(port, session, clock)
    await kept.start()
    for (let at = 0; at < 32 * MIN; at += 10_000) {
      clock.advance(10_000)
      await nextTurn()
    }
    expect([openings, session.health().state]).toEqual([2, 'silent'])
    await kept.stop()
    clock.advance(24 * 60 * MIN)
    expect([openings, session.health().state]).toEqual([2, 'closed'])
  })
})

describe('a port that opens and breaks off at once, again and again', () => {
  it('is told once, and again after it has held', async () => {
    const clock = manualClock(null)
    const told: string[] = []
    const log = { ...silentLog, info: (_: object, text: string) => told.push(text), warn: (_: object, text: string) => told.push(text) }
    let openings = 0
    let holdsMs = 100
    const port: Port = {
      open(events) {
        openings++
        const cancel = clock.after(holdsMs, () => events.closed('the program ended'))
        queueMicrotask(() => events.opened())
        return { write() {}, close: async () => cancel() }
      },
    }
    const session = receiverSession({ name: 'roof', use: 'hex', at: 'exec:x' }, hexLines, clock, log)
    const kept = keepOpen(port, session, clock)
    const pass = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 100) {
        clock.advance(100)
        await nextTurn()
      }
    }
    await kept.start()
    await pass(MIN)
    expect(openings).toBeGreaterThan(20)
    expect(told).toEqual(['receiving', 'the program ended'])
    holdsMs = 11_000
    await pass(14_000)
    expect(told.slice(2)).toEqual(['the program ended', 'receiving'])
    await kept.stop()
  })
})
