import { describe, expect, it } from 'vitest'
import { manualClock } from '../src/clock.ts'
import { type EventMessage, events, type Tell } from '../src/events.ts'
import { createLog, silentLog } from '../src/log.ts'
import { topics } from '../src/sinks/topics.ts'
import type { Draft } from '../src/store/outbox/messages.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const HOUR = 3_600_000

function start(utcMs: number | null = NOON) {
  const clock = manualClock(utcMs)
  const drafts: Draft[] = []
  const lines: Record<string, unknown>[] = []
  const log = createLog({ to: { write: (line: string) => void lines.push(JSON.parse(line)) } })
  const tell: Tell = events({ clock, log, gateway: 'box', emit: (draft) => void drafts.push(draft) })
  const messages = (): EventMessage[] => drafts.map(({ body }) => JSON.parse(body))
  return { clock, drafts, lines, tell, messages }
}

describe('an event', () => {
  it('is a message and a line of the log', () => {
    const { tell, messages, drafts, lines } = start()
    tell('meter.replay', { meter: 'KAM-07134347' })
    expect(messages()).toEqual([
      {
        schema: 'varmesky.event/1',
        id: 'box/meter.replay/2026-11-23T12:00:00.000Z/KAM-07134347',
        gateway: 'box',
        event: 'meter.replay',
        severity: 'warning',
        at: '2026-11-23T12:00:00.000Z',
        meter: 'KAM-07134347',
        text: expect.stringContaining('recording'),
        facts: {},
      },
    ])
    expect(drafts[0]).toMatchObject({ kind: 'event', id: messages()[0]!.id, meter: 'KAM-07134347', day: null, precedence: null })
    expect(lines).toMatchObject([{ level: 'warn', event: 'meter.replay', meter: 'KAM-07134347' }])
  })

  it('is told once an hour for each meter, and says how often it was not', () => {
    const { tell, messages, clock } = start()
    for (const meter of ['KAM-1', 'KAM-1', 'KAM-2', 'KAM-1']) tell('meter.downgrade', { meter })
    clock.advance(HOUR - 1)
    tell('meter.downgrade', { meter: 'KAM-1' })
    clock.advance(1)
    tell('meter.downgrade', { meter: 'KAM-1' })
    tell('meter.mac', { meter: 'KAM-1' })
    expect(messages().map(({ event, meter, suppressed }) => [event, meter, suppressed])).toEqual([
      ['meter.downgrade', 'KAM-1', undefined],
      ['meter.downgrade', 'KAM-2', undefined],
      ['meter.downgrade', 'KAM-1', 3],
      ['meter.mac', 'KAM-1', undefined],
    ])
  })

  it('about meters is stored a thousand times a day, and then only logged', () => {
    const { tell, messages, lines, clock } = start()
    // Slowly enough to be no storm.
    for (let n = 0; n < 1_200; n++) {
      tell('meter.mac', { meter: `KAM-${n}` })
      clock.advance(60_000)
    }
    tell('store.recovered')
    expect([messages().length, lines.length]).toEqual([1_001, 1_201])
    clock.advance(24 * HOUR)
    tell('meter.mac', { meter: 'KAM-0' })
    expect(messages().length).toBe(1_002)
  })

  it('about many meters at once is told of the first, and of the others as a number', () => {
    const { tell, messages, clock } = start()
    for (let n = 0; n < 300; n++) tell('meter.silent', { meter: `KAM-${n}` })
    tell('meter.mac', { meter: 'KAM-1' })
    expect(messages()).toHaveLength(21)
    clock.advance(600_000)
    const [summary] = messages().slice(21)
    expect(summary).toMatchObject({ event: 'meter.silent', meters: 280, facts: {} })
    expect(summary).not.toHaveProperty('meter')
    tell('meter.silent', { meter: 'KAM-new' })
    expect(messages().at(-1)).toMatchObject({ meter: 'KAM-new' })
  })

  it('that was only counted is told at the end', () => {
    const clock = manualClock(NOON)
    const drafts: Draft[] = []
    let end = (): void => {}
    const emit = (draft: Draft): void => void drafts.push(draft)
    const onStop = (step: () => void): void => {
      end = step
    }
    const tell = events({ clock, log: silentLog, gateway: 'box', emit, onStop })
    for (let n = 0; n < 25; n++) tell('meter.silent', { meter: `KAM-${n}` })
    end()
    expect(JSON.parse(drafts.at(-1)!.body)).toMatchObject({ meters: 5 })
    clock.advance(HOUR)
    expect(drafts).toHaveLength(21)
  })

  it('has no time while that is not known, and an id all the same', () => {
    const { tell, messages, clock } = start(null)
    tell('store.trouble', { code: 'SQLITE_FULL' })
    clock.advance(2 * HOUR)
    tell('store.trouble', { code: 'SQLITE_FULL' })
    const [first, second] = messages()
    expect([first!.at, first!.facts]).toEqual([null, { code: 'SQLITE_FULL' }])
    expect(first!.id).not.toBe(second!.id)
  })

  it('belongs to a topic of its meter, or of the gateway', () => {
    const of = (meter: string | null) => topics('varmesky/v1', 'box').of({ seq: 1, kind: 'event', id: 'x', meter, day: null, body: '{}' })
    expect([of('KAM-1'), of(null)]).toEqual(['varmesky/v1/box/event/KAM-1', 'varmesky/v1/box/event'])
  })
})
