import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { beforeEach, expect, test } from 'vitest'
import { purgeAction } from '../../src/actions/purge.ts'
import { manualClock, systemClock } from '../../src/clock.ts'
import { socketPath } from '../../src/control/protocol.ts'
import { startControl } from '../../src/control/server.ts'
import { startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { openStore } from '../../src/store/open.ts'
import { bytesIn, reading } from '../store/state.ts'
import { here, trial } from './cli.ts'

const DAY_MS = 86_400_000
const box = trial()
const purge = (...args: string[]) => here('--config', box.file, 'db', 'purge', ...args)
const state = () => box.config().stateDirectory
const open = (utcMs = Date.now()) => openStore({ directory: state(), kek: null, clock: manualClock(utcMs) })
const MARK = 'zq7-only-in-old-readings'

/** 900 old readings among 900 new ones, a telegram and a damaged file; nothing was ever delivered. */
beforeEach(() => {
  writeFileSync(
    box.file,
    'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nclock: { trust: always }\nhttp: { url: "http://b.invalid/" }\n',
  )
  const days = { old: Date.now() - 500 * DAY_MS, new: Date.now() }
  for (const [age, utcMs] of Object.entries(days)) {
    const store = open(utcMs)
    for (let n = 0; n < 900; n++) {
      const meter = `KAM-${String(n).padStart(8, '0')}`
      const text = age === 'old' ? MARK : 'stays'
      store.outbox.add(reading(`${text}-${n}`, { meter, body: JSON.stringify({ text: `${text}-${n} `.repeat(n % 40) }) }))
    }
    store.outbox.flush()
    store.close()
  }
  const stamp = new Date(Date.now() - 400 * DAY_MS).toISOString().replace(/[-:]|\.\d+/g, '')
  writeFileSync(join(state(), `varmesky.db.salvaged-${stamp}`), MARK)
})

const countedToNow = (): void => {
  const store = open()
  store.memory.save('retention', new Map([['date', String(Date.now())]]))
  store.close()
}
const left = (): number => {
  const store = open()
  const count = store.outbox.readings({}).length
  store.close()
  return count
}

test('removes nothing that the date has not reached, and says so', async () => {
  const { status, stdout, stderr } = await purge()
  expect([status, stdout.trim(), left()]).toEqual([0, 'Nothing is over its time.', 1800])
  expect(stderr).toMatch(/Ages are counted to \d{4}-/)
})

test('says what would go, then removes it, and leaves nothing of it in any file', async () => {
  countedToNow()
  expect(bytesIn(state()).includes(MARK)).toBe(true)
  const dry = JSON.parse((await purge('--dry-run', '--json')).stdout)
  expect([dry.dryRun, dry.removed, left()]).toEqual([true, { lost: 900, salvaged: 1 }, 1800])
  const { status, stdout } = await purge()
  expect([status, left()]).toEqual([0, 900])
  expect(stdout).toMatch(/REMOVED +WHAT\n900 +readings that were never delivered .*lost\n1 +damaged database files/)
  expect(bytesIn(state()).includes(MARK)).toBe(false)
  expect((await purge()).stdout).toContain('Nothing is over its time.')
})

test('asks the daemon where one runs, as often as it takes; then nothing of it is left in the file or its WAL', async () => {
  countedToNow()
  const clock = systemClock('always')
  const store = openStore({ directory: state(), kek: null, clock })
  const told: unknown[] = []
  let asked = 0
  const purgeNow = (args: unknown) => {
    asked++
    const rule = { sinks: ['http'], receipts: [], keep: box.config().keep }
    return purgeAction({ store, clock, rule, date: store.retention.date, tell: (...event) => void told.push(event) }, args)
  }
  const path = socketPath(box.config().runtimeDirectory)
  const control = await startControl({ path, actions: { 'db.purge': purgeNow }, log: silentLog })
  try {
    expect(JSON.parse((await purge('--json')).stdout)).toMatchObject({ removed: { lost: 900, salvaged: 1 }, walBusy: false })
    expect(asked).toBeGreaterThan(0)
    expect(told).toEqual([['readings.lost', { lost: 900, ever: 900 }]])
    expect(bytesIn(state()).includes(MARK)).toBe(false)
  } finally {
    await control.close()
    store.close()
  }
})

test('a gateway does it by itself every day, tells in its status, and takes the command', async () => {
  countedToNow()
  const clock = manualClock(Date.now())
  const log = silentLog
  const gateway = await startGateway({ config: box.config(), clock, log, version: '0', kek: null, receivers: [], sinks: [] })
  try {
    expect(gateway.status().retention).toMatchObject({ lost: 0, last: null })
    expect(JSON.parse((await purge('--dry-run', '--json')).stdout)).toMatchObject({ removed: { lost: 900, salvaged: 1 } })
    clock.advance(2 * 3_600_000)
    expect(gateway.status().retention).toMatchObject({ lost: 900, last: { removed: { lost: 900, salvaged: 1 } } })
    expect(JSON.parse((await purge('--json')).stdout)).toMatchObject({ removed: {} })
    expect(gateway.store.outbox.pending('http', 'live', 2_000).map(({ kind }) => kind)).toContain('event')
  } finally {
    await gateway.stop()
  }
})

test('does not wait for a program that reads the database, and says that the WAL could not be emptied', () => {
  countedToNow()
  const writer = open()
  const reader = new Sqlite(join(state(), 'varmesky.db'), { readonly: true })
  reader.exec('BEGIN')
  expect(reader.prepare('SELECT count(*) FROM outbox').pluck().get()).toBe(1800)
  const rule = { sinks: ['http'], receipts: [], keep: box.config().keep }
  const args = { store: writer, clock: systemClock('always'), rule, date: writer.retention.date, tell: null }
  expect(purgeAction(args, { dryRun: false })).toMatchObject({ removed: { lost: 900 }, next: 'compact' })
  expect(purgeAction(args, { dryRun: false, place: 'compact' })).toMatchObject({ walBusy: true, next: null })
  reader.close()
  expect(purgeAction(args, { dryRun: false, place: 'compact' })).toMatchObject({ walBusy: false, next: null })
  expect(bytesIn(state()).includes(MARK)).toBe(false)
  writer.close()
})

test('does nothing while the time is not known', async () => {
  writeFileSync(box.file, 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nclock: { trust: /nowhere/at/all }\n')
  countedToNow()
  const { status, stderr } = await purge()
  expect([status, left()]).toEqual([3, 1800])
  expect(stderr).toContain('Nothing is removed while the time is not known')
})
