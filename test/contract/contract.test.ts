import asyncApiSpecs from '@asyncapi/specs'
import { Ajv } from 'ajv'
import { default as addFormats } from 'ajv-formats'
import { connectAsync } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { EVENTS, type EventName, events } from '../../src/events.ts'
import { silentLog } from '../../src/log.ts'
import { boundaryOf } from '../../src/readings/candidate.ts'
import { dailyReading } from '../../src/readings/close.ts'
import { exchangeOf } from '../../src/readings/exchange.ts'
import { READING_FLAGS, REGISTER_FLAGS } from '../../src/readings/flags.ts'
import { topics } from '../../src/sinks/topics.ts'
import type { Draft } from '../../src/store/outbox/messages.ts'
import { here, trial } from '../cli/cli.ts'
import { COPENHAGEN, energyOf, HOUR, MINUTE, observation } from '../readings/observations.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { ASYNCAPI, CLOSED, EXAMPLES, OPEN, problemsAt } from './contract.ts'

const fileOf = (example: string): string => [...OPEN.keys()].find((name) => example.startsWith(name.slice(0, -'.schema.json'.length)))!

describe('the contract', () => {
  it('is an AsyncAPI 3.0.0 document whose version says the major that the schemas say', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
    ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
    const validate = ajv.compile(asyncApiSpecs.schemasWithoutId['3.0.0'] as object)
    expect(validate(ASYNCAPI) ? [] : validate.errors).toEqual([])
    expect(validate({ ...ASYNCAPI, channels: { day: { adress: 1 } } })).toBe(false)
    const major = ASYNCAPI.info.version.split('.')[0]
    // That of Home Assistant is another's.
    for (const [, message] of EXAMPLES.filter(([name]) => name !== 'homeassistant.json'))
      expect(message['schema']).toMatch(new RegExp(`^varmesky\\.[a-z.]+/${major}$`))
  })

  it('names a schema file for every message, and uses every file', () => {
    const named = Object.values(ASYNCAPI.components.messages).map(({ payload }) => payload.schema.$ref.replace('./', ''))
    expect(named.sort()).toEqual([...OPEN.keys()].sort())
  })

  it.each(EXAMPLES)('has the example %s, valid also with nothing allowed beyond', (name, message) => {
    for (const validators of [OPEN, CLOSED]) {
      const validate = validators.get(fileOf(name))!
      expect(validate(message) ? [] : validate.errors).toEqual([])
    }
  })

  it('has an example of every kind of message', () => {
    expect([...new Set(EXAMPLES.map(([name]) => fileOf(name)))].sort()).toEqual([...OPEN.keys()].sort())
  })

  const reading = EXAMPLES.find(([name]) => name === 'reading.daily.json')![1]
  const isReading = (message: object): boolean => OPEN.get('reading.daily.schema.json')!(message)
  it.each([
    ['a value that is a number', { registers: { energy: { value: 79846, unit: 'kWh' } } }],
    ['a decimal comma', { registers: { energy: { value: '79,846', unit: 'kWh' } } }],
    ['no registers', { registers: {} }],
    ['a number of seven digits', { meter: { manufacturer: 'KAM', id: '7134347', version: 52, deviceType: 'heat' } }],
    ['a flag nobody knows', { quality: { state: 'suspect', flags: ['energy.odd'] } }],
    [
      'evidence nobody knows',
      { evidence: { kind: 'estimated', observedAt: '2026-11-23T23:00:04Z', offsetSeconds: 4, clock: 'synchronized' } },
    ],
    ['a boundary with an offset', { boundary: '2026-11-24T00:00:00+01:00' }],
    ['a stored value without its date', { stored: { targetEnergy: { value: '1', unit: 'kWh' } } }],
  ])('takes no reading with %s', (_, spoilt) => {
    expect(isReading(reading)).toBe(true)
    expect(isReading({ ...reading, ...spoilt })).toBe(false)
  })

  it('is open to what a later minor version adds, and takes a correction for a reading', () => {
    expect(isReading({ ...reading, later: 1 })).toBe(true)
    expect(CLOSED.get('reading.daily.schema.json')!({ ...reading, later: 1 })).toBe(false)
    expect(OPEN.get('reading.correction.schema.json')!(reading)).toBe(false)
  })

  it('knows every flag', () => {
    const flags = [...Object.keys(READING_FLAGS), ...Object.keys(REGISTER_FLAGS).map((flag) => `energy.${flag}`)]
    expect(isReading({ ...reading, quality: { state: 'suspect', flags } })).toBe(true)
  })
})

const at = (draft: Draft) => problemsAt(topics('varmesky/v1', 'box').of({ seq: 1, ...draft })!, draft.body)

describe('what is published is what is written', () => {
  it('of every event, about a meter and about the gateway', () => {
    for (const event of Object.keys(EVENTS) as EventName[]) {
      const told: Draft[] = []
      const tell = events({ clock: manualClock(1_795_000_000_000), log: silentLog, gateway: 'box', emit: (draft) => void told.push(draft) })
      tell(event, { meter: 'KAM-07134347', times: 2, since: null })
      tell(event, {})
      expect(told.map(at)).toEqual([[], []])
    }
  })

  it('of an exchange, told by half and in full', () => {
    const facts = { gateway: 'box', day: '2026-11-23', toldAt: '2026-11-23T10:00:00Z', old: 'KAM-05300279', new: 'KAM-07134347' }
    const none = { installation: null, closing: null, opening: null, last: null }
    const told = [
      exchangeOf({ ...facts, ...none }),
      exchangeOf({ ...facts, ...none, installation: '4', closing: { energy: { value: '1', unit: 'kWh' } } }),
    ]
    for (const exchange of told) expect(problemsAt('varmesky/v1/box/exchange/KAM-07134347', JSON.stringify(exchange))).toEqual([])
  })

  it('of a reading that the meter stored', () => {
    const boundary = boundaryOf('2026-10-31', COPENHAGEN, 15 * MINUTE)
    const stored = { ...energyOf(90), name: 'targetEnergy', kind: 'historic', of: 'energy', date: '2026-11-01' } as const
    const heard = observation(boundary.utcMs + HOUR, 100, {
      measurements: [energyOf(100), stored],
      dates: { clock: 'standard', stamp: 'start' },
    })
    const reading = dailyReading(heard, {
      boundary,
      gateway: 'box',
      installation: '47/11',
      include: ['registers', 'stored'],
      quality: () => ({ state: 'valid', flags: [] }),
    })
    expect(reading.evidence.kind).toBe('meter-stored')
    expect(problemsAt('varmesky/v1/box/reading/daily/KAM-07134347', JSON.stringify(reading))).toEqual([])
  })

  trial()
  it('by a simulated city through a real broker: readings, corrections, days, status', { timeout: 120_000 }, async () => {
    const broker = await startAedes()
    const url = `mqtt://127.0.0.1:${broker.port}`
    const client = await connectAsync(url, { protocolVersion: 4 })
    const messages: { topic: string; body: string }[] = []
    client.on('message', (topic, payload) => void messages.push({ topic, body: String(payload) }))
    await client.subscribeAsync('varmesky/v1/#', { qos: 1 })
    const city = ['--meters', '15', '--days', '3', '--from', '2026-10-23', '--seed', '2']
    const { status } = await here('simulate', '--to', url, '--protocol', '4', ...city)
    await client.endAsync()
    await broker.stop()
    expect(status).toBe(0)
    expect(messages.flatMap(({ topic, body }) => problemsAt(topic, body).map((problem) => `${topic}: ${problem}`))).toEqual([])
    const kinds = new Set(messages.map(({ topic }) => topic.split('/')[3]))
    for (const kind of ['reading', 'day', 'status']) expect(kinds).toContain(kind)
    expect(messages.some(({ body }) => 'correction' in JSON.parse(body))).toBe(true)
  })
})
