import { describe, expect, it } from 'vitest'
import { silentLog } from '../../src/log.ts'
import { heardEitherWay, loadSmsSources, type SmsSources } from '../../src/memory/sms-sources.ts'
import type { Outcome } from '../../src/outcome.ts'
import { hourOfWeek } from '../../src/readings/day.ts'
import { silent } from '../../src/reports/silent.ts'
import { smsSources, sourceCounts } from '../../src/reports/sms-sources.ts'
import { COPENHAGEN, HOUR, memoryInRam, registered } from '../readings/observations.ts'

const A = 'KAM-00000001'
const B = 'KAM-00000002'
const DAY = 24 * HOUR
/** A Monday, 06:00 in Copenhagen. */
const SIX = Date.UTC(2026, 10, 2, 5)

const local = (utcMs: number): number => hourOfWeek(utcMs, COPENHAGEN)
const load = (memory = memoryInRam()): SmsSources => loadSmsSources(memory, silentLog, local)
const outcome = (meter: string, utcMs: number, kind: Outcome['kind'] = 'observation'): Outcome =>
  ({ kind, meter, telegram: { receiver: 'stick', rssi: -70, heard: { utcMs } } }) as unknown as Outcome

describe('meters that report by SMS', () => {
  it('are those that ever did, each with its last message', () => {
    const sources = load()
    sources.outcome!(outcome(B, SIX))
    sources.reported(A, SIX + DAY)
    sources.reported(A, SIX)
    expect([...sources.meters].map(([meter, { habit, radioAt }]) => [meter, habit.lastAt, radioAt])).toEqual([[A, SIX + DAY, null]])
  })

  it('are seen to send by radio too, by what can be read alone', () => {
    const sources = load()
    sources.reported(A, SIX)
    for (const kind of ['duplicate', 'refused', 'fault'] as const) sources.outcome!(outcome(A, SIX, kind))
    expect(sources.meters.get(A)!.radioAt).toBeNull()
    sources.outcome!(outcome(A, SIX + HOUR))
    expect(sources.meters.get(A)!.radioAt).toBe(SIX + HOUR)
  })

  it('are known after a restart, and a way that a person ended stays ended though messages come', () => {
    const memory = memoryInRam()
    const before = load(memory)
    before.reported(A, SIX)
    expect(before.end(A, true)).toBe(true)
    expect(before.end(B, true)).toBe(false)
    const after = load(memory)
    after.reported(A, SIX + DAY)
    expect(after.meters.get(A)).toMatchObject({ ended: true, habit: { lastAt: SIX + DAY } })
    after.end(A, false)
    expect(load(memory).meters.get(A)!.ended).toBe(false)
  })

  it('are not ended where the disk refuses', () => {
    const memory = memoryInRam()
    const sources = load(memory)
    sources.reported(A, SIX)
    memory.save = () => {
      throw new Error('the disk is full')
    }
    expect(() => sources.end(A, true)).toThrow('the disk is full')
    expect(sources.meters.get(A)!.ended).toBe(false)
  })

  it('are forgotten with their meter', () => {
    const memory = memoryInRam()
    const sources = load(memory)
    sources.reported(A, SIX)
    sources.save()
    sources.forget(A)
    sources.save()
    expect(load(memory).meters.size).toBe(0)
  })
})

describe('a list of them', () => {
  const places = [
    { ...registered(A, 'P-1'), retiredAt: '2026-11-03T00:00:00Z', replacedBy: B },
    registered(B, 'P-1'),
    registered('KAM-00000003'),
    registered('KAM-00000004'),
    registered('KAM-00000005'),
  ]
  const sources = load()
  for (const meter of [A, 'KAM-00000003', 'KAM-00000004', 'KAM-00000005']) sources.reported(meter, SIX)
  sources.outcome!(outcome('KAM-00000004', SIX + HOUR))
  sources.end('KAM-00000005', true)

  it('has those first that a person is to decide about, with what sends by radio in their place', () => {
    const habits = new Map([[B, { ...sources.meters.get(A)!.habit, lastAt: SIX + 2 * HOUR }]])
    const found = smsSources(places, sources.meters, habits).map(({ meter, state, lastRadio, replacedBy }) => [
      meter,
      state,
      lastRadio,
      replacedBy,
    ])
    expect(found).toEqual([
      ['KAM-00000004', 'both', '2026-11-02T06:00:00.000Z', null],
      [A, 'replaced', '2026-11-02T07:00:00.000Z', B],
      ['KAM-00000003', 'sms', null, null],
      ['KAM-00000005', 'ended', null, null],
    ])
  })

  it('is counted by the same words', () => {
    expect(sourceCounts(places, sources.meters)).toEqual({ sms: 3, both: 2 })
  })
})

describe('silence of a meter that reports once a day', () => {
  const look = (sources: SmsSources, nowMs: number, down: readonly string[] = []) =>
    silent(
      [...heardEitherWay(new Map(), sources.meters)].map(([meter, habit]) => ({ meter, installation: null, habit })),
      { nowMs, hourOfWeek: local, down: new Set(down), hearings: 6, isPowerLow: () => false },
    ).map(({ meter, receiver, reason }) => [meter, receiver, reason])

  it('is six days without a message, and none of a way that has ended', () => {
    const sources = load()
    for (let day = 0; day < 14; day++) sources.reported(A, SIX + day * DAY)
    expect(look(sources, SIX + 18 * DAY)).toEqual([])
    expect(look(sources, SIX + 20 * DAY)).toEqual([[A, 'sms', 'removed']])
    expect(look(sources, SIX + 20 * DAY, ['sms'])).toEqual([[A, 'sms', 'receiver']])
    sources.end(A, true)
    expect(look(sources, SIX + 20 * DAY)).toEqual([])
  })

  it('is not told of one that is heard by radio', () => {
    const sources = load()
    for (let day = 0; day < 14; day++) sources.reported(A, SIX + day * DAY)
    const { habit } = sources.meters.get(A)!
    const radio = new Map([[A, { ...habit, receiver: 'stick', lastAt: SIX + 20 * DAY }]])
    expect(heardEitherWay(radio, sources.meters).get(A)!.receiver).toBe('stick')
  })
})
