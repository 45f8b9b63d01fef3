import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type Candidates, loadCandidates } from '../../src/memory/candidates.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { energyOf, memoryInRam, observation } from '../readings/observations.ts'

const DAY = '2026-11-23'
const NEXT = '2026-11-24'
const later = (_day: string, a: Timed, b: Timed): Timed => (b.heard.utcMs > a.heard.utcMs ? b : a)
const of = (utcMs: number, meter = 'KAM-07134347'): Timed => observation(utcMs, utcMs, { meter })

describe('the candidates, written to a real store', () => {
  let directory: string
  let store: Store
  let candidates: Candidates<Timed>
  const open = (): void => {
    store = openStore({ directory, kek: null, clock: manualClock(0) })
    candidates = loadCandidates(store.memory, later, { ...silentLog, error: () => expect.unreachable() })
  }
  const restart = (): void => {
    store.close()
    open()
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-candidates-'))
    open()
  })
  afterEach(() => {
    store.close()
    rmSync(directory, { recursive: true })
  })

  it('are one per meter and day, the best', () => {
    for (const utcMs of [10, 30, 20]) candidates.offer(DAY, of(utcMs))
    candidates.offer(NEXT, of(40))
    candidates.offer(DAY, of(5, 'LUG-00000001'))
    expect(candidates.days()).toEqual([DAY, NEXT])
    expect(candidates.of(DAY)).toEqual([of(30), of(5, 'LUG-00000001')])
    expect(candidates.of('2026-11-25')).toEqual([])
  })

  it('come back as they were, numbers past 2^53 too', () => {
    const big = observation(7, 0, { measurements: [energyOf(18446744073709551615n)], status: { code: '0', conditions: ['7n'] } })
    candidates.offer(DAY, big)
    candidates.save()
    candidates.offer(NEXT, of(8))
    restart()
    expect(candidates.days()).toEqual([DAY])
    expect(candidates.of(DAY)).toEqual([big])
  })

  it('are forgotten when their day closes, with all before it, and the day is remembered', () => {
    for (const day of ['2026-11-22', DAY, NEXT]) candidates.offer(day, of(1))
    candidates.save()
    expect(candidates.closed()).toBeNull()
    candidates.close(DAY)
    restart()
    expect(candidates.days()).toEqual([NEXT])
    expect(candidates.closed()).toBe(DAY)
  })

  it('leave the disk with the next writing after the close, as they do after a crash between', () => {
    const keys = (): string[] => [...store.memory.load('candidate').keys()]
    candidates.offer(DAY, of(1))
    candidates.save()
    candidates.close(DAY)
    expect(keys()).toEqual([`${DAY}/KAM-07134347`, 'closed'])
    restart()
    candidates.offer(NEXT, of(2))
    candidates.save()
    expect(keys()).toEqual([`${NEXT}/KAM-07134347`, 'closed'])
  })

  it('are forgotten by day or by meter, also on disk', () => {
    for (const day of [DAY, NEXT]) for (const meter of ['KAM-07134347', 'LUG-00000001']) candidates.offer(day, of(1, meter))
    candidates.save()
    candidates.drop(NEXT)
    candidates.forget('KAM-07134347')
    candidates.save()
    restart()
    expect(candidates.days()).toEqual([DAY])
    expect(candidates.of(DAY)).toEqual([of(1, 'LUG-00000001')])
  })

  it('go on without an entry that cannot be read, and say so', () => {
    store.memory.save(
      'candidate',
      new Map([
        [`${DAY}/KAM-07134347`, '{"meter":'],
        [`${DAY}/LUG-00000001`, JSON.stringify(of(3, 'LUG-00000001'))],
      ]),
    )
    const said: string[] = []
    candidates = loadCandidates(store.memory, later, { ...silentLog, error: (_, msg) => said.push(msg) })
    expect(candidates.of(DAY)).toEqual([of(3, 'LUG-00000001')])
    expect(said).toHaveLength(1)
    candidates.save()
    expect([...store.memory.load('candidate').keys()]).toEqual([`${DAY}/LUG-00000001`])
  })
})

describe('writing the candidates', () => {
  it('touches only what changed', () => {
    const memory = memoryInRam()
    const candidates = loadCandidates<Timed>(memory, later, silentLog)
    const saved: string[][] = []
    const save = memory.save
    memory.save = (kind, entries) => {
      saved.push([...entries.keys()])
      save.call(memory, kind, entries)
    }
    candidates.offer(DAY, of(10))
    candidates.offer(DAY, of(10, 'LUG-00000001'))
    candidates.save()
    candidates.offer(DAY, of(9))
    candidates.save()
    candidates.offer(DAY, of(11))
    candidates.save()
    expect(saved).toEqual([[`${DAY}/KAM-07134347`, `${DAY}/LUG-00000001`], [`${DAY}/KAM-07134347`]])
  })

  it('goes by meter, so that what goes makes room for what comes', () => {
    const memory = memoryInRam()
    const candidates = loadCandidates<Timed>(memory, later, silentLog)
    for (const meter of ['LUG-00000001', 'KAM-07134347']) candidates.offer(DAY, of(10, meter))
    expect(candidates.of(DAY).map(({ meter }) => meter)).toEqual(['KAM-07134347', 'LUG-00000001'])
    candidates.save()
    candidates.close(DAY)
    for (const meter of ['LUG-00000001', 'KAM-07134347']) candidates.offer(NEXT, of(10, meter))
    const saved: [string, boolean][] = []
    memory.save = (_, entries) => saved.push(...[...entries].map(([key, text]): [string, boolean] => [key, text !== null]))
    candidates.save()
    expect(saved).toEqual([
      [`${DAY}/KAM-07134347`, false],
      [`${NEXT}/KAM-07134347`, true],
      [`${DAY}/LUG-00000001`, false],
      [`${NEXT}/LUG-00000001`, true],
    ])
  })

  it('forgets nothing when the disk refuses', () => {
    const memory = memoryInRam()
    const candidates = loadCandidates<Timed>(memory, later, silentLog)
    const save = memory.save
    memory.save = () => {
      throw new Error('database or disk is full')
    }
    candidates.offer(DAY, of(10))
    expect(() => candidates.save()).toThrow(/full/)
    expect(() => candidates.close(DAY)).toThrow(/full/)
    expect(candidates.of(DAY)).toEqual([of(10)])
    expect(candidates.closed()).toBeNull()
    memory.save = save
    candidates.save()
    expect(memory.entries.size).toBe(1)
    candidates.close(DAY)
    candidates.save()
    expect([...memory.entries]).toEqual([['closed', DAY]])
  })
})
