import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { boundaryOf } from '../../src/readings/candidate.ts'
import { dailyReading, draft } from '../../src/readings/close.ts'
import { endOfDay } from '../../src/readings/day.ts'
import { dayDraft, daySummary } from '../../src/readings/day-summary.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { COPENHAGEN, MINUTE, observation } from '../readings/observations.ts'
import { contents, here, trial } from './cli.ts'

const OLD = 'KAM-05300279'
const NEW = 'KAM-07134347'
const DAYS = ['2026-11-21', '2026-11-22', '2026-11-23']

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)
const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).stdout)
const lines = async (...args: string[]) => (await cli(...args)).stdout.trim().split('\n')

const inStore = <T>(work: (store: Store) => T): T => {
  const store = openStore({
    directory: join(box.directory, 'state'),
    kek: loadKek(join(box.directory, 'kek')),
    clock: manualClock(endOfDay('2026-11-23', COPENHAGEN)),
  })
  try {
    return work(store)
  } finally {
    store.close()
  }
}

const read = (meter: string, day: string, kWh: number, path: 'sms' | 'wmbus') => {
  const boundary = boundaryOf(day, COPENHAGEN, 15 * MINUTE)
  const quality = () => ({ state: 'valid', flags: [] }) as const
  return draft(
    dailyReading(observation(boundary.utcMs, kWh, { meter, path }), {
      boundary,
      gateway: 'box',
      installation: null,
      include: ['registers'],
      quality,
    }),
  )
}

/** Two meters with readings, a telegram, marks and a day that names one as missing. */
const furnished = async () => {
  await cli('meters', 'add', OLD, '--no-key', '--installation', '0815-01', '--alias', 'K-1', '--wired', '00530027')
  await cli('meters', 'add', NEW, '--no-key')
  inStore(({ outbox, telegrams, memory }) => {
    for (const [i, day] of DAYS.entries()) outbox.add(read(OLD, day, 100 + i, 'sms'))
    outbox.add(read(NEW, DAYS[2]!, 7, 'wmbus'))
    outbox.add(
      dayDraft(daySummary({ gateway: 'box', day: DAYS[0]!, closedAt: '2026-11-22T01:00:00Z', issue: 1, registered: [OLD, NEW], kept: [] })),
    )
    telegrams.keep([{ meter: OLD, day: DAYS[2]!, heardAt: 1, crc: 'A', bytes: Buffer.from('2C442D2C', 'hex') }])
    memory.save(
      'mark',
      new Map([
        [OLD, '{}'],
        [NEW, '{}'],
      ]),
    )
    memory.save('candidate', new Map([[`2026-11-24/${OLD}`, '{}']]))
    memory.save('provisional', new Map([[`${OLD}/first`, '{}']]))
  })
}

describe('a meter', () => {
  test('is found by any of its names by every command, each of which is its own', async () => {
    await cli('meters', 'add', OLD, '--no-key', '--installation', '0815-01', '--alias', 'K-1', '--alias', 'K-2', '--wired', '00530027')
    for (const name of [OLD, '5300279', '0815-01', 'K-1', 'K-2', '00530027'])
      expect(await json('meters', 'show', name)).toMatchObject({ meter: OLD })
    expect((await cli('meters', 'add', NEW, '--no-key', '--alias', 'K-2')).stderr).toContain('each names one meter only')
    expect((await cli('meters', 'add', NEW, '--no-key', '--wired', '5300279')).stderr).toContain('each names one meter only')
    expect((await cli('meters', 'add', NEW, '--no-key', '--alias', '010190-1234')).status).toBe(3)
    expect((await cli('meters', 'set', 'K-2', '--alias', 'K-3')).status).toBe(0)
    expect(await json('meters', 'show', 'K-3')).toMatchObject({ meter: OLD, aliases: ['K-3'], wired: ['00530027'] })
    expect((await cli('meters', 'show', 'K-1')).stderr).toContain('is no registered meter')
  })

  test('comes with its names out of a list, and goes out into one that can be read in again', async () => {
    const list = box.write('list.csv', `Målernummer;Fabrikat;Kundenummer;Wired id;Installation\n5300279;KAM;K-1, K-2;00530027;0815-01\n`)
    expect((await cli('meters', 'import', list, '--yes')).status).toBe(0)
    const exported = await cli('meters', 'export')
    expect(exported.stdout.split('\n')[1]).toMatch(/^KAM-05300279,,0815-01,K-1 K-2,00530027,,/)
    expect(exported.stdout).not.toMatch(/key/i)
    const again = await cli('meters', 'import', box.write('again.csv', exported.stdout), '--yes')
    expect(again.stdout).toContain('new 0, same 1, changed 0, refused 0')
    const clash = box.write('clash.csv', 'meter,alias\nKAM-00000009,K-1\n')
    expect((await cli('meters', 'import', clash, '--yes')).stderr).toContain('each names one meter only')
  })

  test('out of service is no longer listed nor expected, and comes back', async () => {
    await cli('meters', 'add', OLD, '--no-key')
    await cli('meters', 'retire', OLD)
    expect(await json('meters', 'list')).toEqual([])
    expect(await json('meters', 'list', '--all')).toMatchObject([{ meter: OLD, retiredAt: expect.stringMatching(/^20/) }])
    await cli('meters', 'retire', OLD, '--undo')
    expect(await json('meters', 'list')).toMatchObject([{ meter: OLD, retiredAt: null }])
  })
})

describe('meters replace', () => {
  test('hands the place over, tells where both stood, and no difference', async () => {
    await furnished()
    const exchange = await json('meters', 'replace', 'K-1', NEW, '--opening', 'energy=0,5kWh', '--on', '2026-11-23')
    expect(exchange).toMatchObject({
      schema: 'varmesky.exchange/1',
      day: '2026-11-23',
      installation: '0815-01',
      closing: {
        meter: OLD,
        registers: { energy: { value: '102', unit: 'kWh' } },
        evidence: { kind: 'reading', observedAt: '2026-11-23T23:00:00Z' },
      },
      opening: { meter: NEW, registers: { energy: { value: '0.5', unit: 'kWh' } }, evidence: { kind: 'display' } },
    })
    expect(await json('meters', 'show', 'K-1')).toMatchObject({ meter: NEW, installation: '0815-01' })
    expect(await json('meters', 'show', '0815-01')).toMatchObject({ meter: NEW })
    expect(await json('meters', 'show', '00530027')).toMatchObject({ meter: OLD, replacedBy: NEW })
    inStore(({ outbox }) => {
      const messages = outbox.pending('mqtt', 'live', 100).filter(({ kind }) => kind === 'exchange')
      expect(messages.map(({ meter, body }) => [meter, JSON.parse(body)])).toEqual([[NEW, exchange]])
    })
    expect(await json('report', 'rollout')).toMatchObject({ day: '2026-11-23', inService: 1, wmbus: 1, sms: 0, neither: 0, replaced: 1 })
  })

  test('takes what was read off the displays, and only meters that are registered', async () => {
    await furnished()
    expect(await json('report', 'rollout')).toMatchObject({ inService: 2, wmbus: 1, sms: 1, neither: 0, replaced: 0 })
    expect((await cli('meters', 'replace', OLD, 'KAM-9', '--closing', 'energy=1kWh')).status).toBe(1)
    expect((await cli('meters', 'replace', OLD, NEW, '--closing', 'energy=lots')).status).toBe(2)
    expect((await cli('meters', 'replace', OLD, OLD)).stderr).toContain('cannot replace itself')
    const told = await json('meters', 'replace', OLD, NEW, '--closing', 'energy=114.9316 MWh', '--closing', 'volume=3071m3')
    expect(told.closing.registers).toEqual({ energy: { value: '114.9316', unit: 'MWh' }, volume: { value: '3071', unit: 'm3' } })
    expect(told.opening).toEqual({ meter: NEW })
  })
})

test('readings export gives what stands, of one meter and some days', async () => {
  await furnished()
  const rows = await lines('readings', 'export', '--meter', 'K-1', '--from', '2026-11-22', '--csv')
  expect(rows.map((row) => row.split(',').slice(0, 6))).toEqual([
    ['day', 'meter', 'installation', 'register', 'value', 'unit'],
    ['2026-11-22', OLD, '', 'energy', '101', 'kWh'],
    ['2026-11-23', OLD, '', 'energy', '102', 'kWh'],
  ])
  expect((await json('readings', 'export', '--to', '2026-11-21')).map((r: { id: string }) => r.id.slice(0, 23))).toEqual([
    `${OLD}/2026-11-21`,
  ])
})

test('meters forget leaves nothing of a meter in any file, and everything of the others', async () => {
  await furnished()
  await cli('meters', 'replace', OLD, NEW)
  const files = (): string => contents(...readdirSync(join(box.directory, 'state')).map((name) => join(box.directory, 'state', name)))
  expect(files()).toContain(OLD)
  expect((await cli('meters', 'forget', OLD)).status).toBe(2)
  expect((await json('meters', 'forget', OLD, '--yes')).rows).toEqual({
    messages: 2,
    outbox: 3,
    telegrams: 1,
    memory: 3,
    meters: 1,
    audit: 2,
  })
  expect(files()).not.toContain(OLD)
  expect(files()).not.toContain('05300279')
  expect(files()).toContain(NEW)
  inStore(({ outbox, memory, days, meters }) => {
    expect(outbox.readings({}).map(({ meter }) => meter)).toEqual([NEW])
    expect([...memory.load('mark').keys()]).toEqual([NEW])
    expect(JSON.parse(days.summaries(DAYS[0]!)[0]!.body)).toMatchObject({ missing: [NEW], missingCount: 2 })
    expect(meters.get(NEW)?.replacedBy).toBeNull()
  })
  expect((await cli('meters', 'forget', OLD, '--yes')).status).toBe(1)
})

test('while the store stays open, what is forgotten is no longer in the database nor in its write-ahead log', async () => {
  await furnished()
  const database = (): string => contents(...['', '-wal'].map((part) => join(box.directory, 'state', `varmesky.db${part}`)))
  inStore((store) => {
    store.memory.save('mark', new Map([[OLD, '{"fitting":3}']]))
    expect(database()).toContain(OLD)
    expect(store.forget(OLD)).toMatchObject({ meters: 1 })
    expect(database()).not.toContain(OLD)
    expect(store.forget(OLD)).toBeNull()
  })
})

test('a running daemon replaces, retires and forgets at once, and the meter that is gone is a stranger to it', async () => {
  const clock = manualClock(endOfDay('2026-11-23', COPENHAGEN))
  const gateway = await startGateway({
    config: box.config(),
    clock,
    log: silentLog,
    version: 'test',
    kek: loadKek(join(box.directory, 'kek')),
    receivers: [],
    sinks: [],
  })
  try {
    for (const meter of [OLD, NEW]) await cli('meters', 'add', meter, '--no-key')
    const exchange = await json('meters', 'replace', OLD, NEW)
    expect(exchange).toMatchObject({ gateway: 'box', day: '2026-11-24', closing: { meter: OLD }, toldAt: '2026-11-23T23:00:00Z' })
    expect(gateway.store.meters.get(OLD)).toMatchObject({ replacedBy: NEW, retiredAt: '2026-11-23T23:00:00.000Z' })
    expect(gateway.status().meters.registered).toBe(1)
    expect((await cli('meters', 'retire', NEW)).status).toBe(0)
    expect(gateway.status().meters.registered).toBe(0)
    expect((await json('meters', 'forget', OLD, '--yes')).rows).toEqual({ messages: 1, meters: 1, audit: 2 })
    expect(gateway.store.meters.get(OLD)).toBeUndefined()
  } finally {
    await gateway.stop()
  }
})
