import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { list } from 'tar'
import { afterEach, describe, expect, test } from 'vitest'
import { writeBundle } from '../../src/cli/doctor/bundle.ts'
import { examine, type Finding, type Patient } from '../../src/cli/doctor/checks.ts'
import { systemClock } from '../../src/clock.ts'
import { events } from '../../src/events.ts'
import { silentLog } from '../../src/log.ts'
import { loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { here, KEY, trial } from './cli.ts'
import { QUIET } from './quiet-status.ts'

const box = trial()
let store: Store | undefined
afterEach(() => {
  store?.close()
  store = undefined
})

const RECEIVER = {
  ...{ name: 'mast', use: 'im871a', at: '/dev/x', trouble: null, telegrams: 0, bytes: 0, skipped: 0, badChecksums: 0 },
  ...{ reopened: 0, lastTelegramMs: null },
}
const SINK = { sink: 'mqtt', live: 0, backlog: 0, held: 0, refused: 0, everDelivered: true, connected: true, since: null, trouble: null }
const WELL = {
  ...QUIET,
  clock: { ...QUIET.clock, known: true },
  receivers: [{ ...RECEIVER, state: 'receiving' as const }],
  sinks: [SINK],
  day: { day: '2026-11-24', yesterday: { day: '2026-11-23', closed: true, readings: 100, expected: 100 } },
}
const patient = (changes: Partial<Patient> = {}): Patient => ({
  config: box.config(),
  status: WELL,
  events: [],
  registered: 100,
  notes: [],
  ...changes,
})
const wrong = (findings: readonly Finding[]): readonly string[] => findings.filter(({ state }) => state === 'bad').map(({ check }) => check)

describe('doctor', () => {
  test('finds nothing where all is well', () => {
    expect(examine(patient()).map(({ state }) => state)).not.toContain('bad')
  })

  test.each<[string, Partial<Patient>]>([
    ['daemon', { status: null }],
    ['daemon', { status: { ...WELL, mode: 'receivers-off', failedStarts: 5, receivers: [] } }],
    ['database', { events: null }],
    ['database', { status: { ...WELL, store: { ...WELL.store, state: 'full', reason: 'no space' } } }],
    ['time', { status: { ...WELL, clock: QUIET.clock } }],
    ['receivers', { status: { ...WELL, receivers: [] } }],
    ['receivers', { status: { ...WELL, receivers: [{ ...RECEIVER, state: 'waiting', trouble: 'no such device' }] } }],
    ['meters', { registered: 0 }],
    ['days', { status: { ...WELL, day: { ...WELL.day, yesterday: { ...WELL.day.yesterday, readings: 90 } } } }],
    ['ways out', { status: { ...WELL, sinks: [] } }],
    ['ways out', { status: { ...WELL, sinks: [{ ...SINK, connected: false }] } }],
    ['ways out', { status: { ...WELL, sinks: [{ ...SINK, refused: 2 }] } }],
  ])('finds what is wrong: %s %#', (check, changes) => {
    expect(wrong(examine(patient(changes)))).toEqual([check])
  })

  test('says it, and ends with 1', async () => {
    const { status, stdout, stderr } = await here('--config', box.file, 'doctor')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^bad +daemon +not running: sudo systemctl start varmesky/m)
    expect(stderr).toMatch(/\d things to mend\n$/)
  })
})

test('the bundle holds what helps, and no key, no password, no meter number', async () => {
  const { stateDirectory, kekFile } = box.config()
  const clock = systemClock('always')
  store = openStore({ directory: stateDirectory, kek: loadKek(kekFile), clock })
  store.meters.put([{ meter: 'KAM-07134347', key: Buffer.from(KEY, 'hex') }])
  events({ clock, log: silentLog, gateway: 'box', emit: store.outbox.add })('meter.replay', { meter: 'KAM-07134347' })
  store.outbox.flush()
  box.write('varmesky.yaml', `${readFileSync(box.file, 'utf8')}# the password: hunter2 and the old key ${KEY}\n`)
  const file = join(box.directory, 'bundle.tar.gz')
  expect(await here('--config', box.file, 'doctor', '--bundle', file)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('look through it'),
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const parts: Record<string, string> = {}
  await list({
    file,
    onReadEntry: (entry) => {
      entry.on('data', (part) => {
        parts[entry.path] = (parts[entry.path] ?? '') + String(part)
      })
    },
  })
  const named = (name: string): string => parts[`varmesky-bundle/${name}`] ?? ''
  expect(named('events.jsonl')).toMatch(/"event":"meter\.replay".*"meter":"meter-[0-9a-f]{10}"/)
  expect(named('varmesky.yaml')).toContain('gateway: box')
  expect(JSON.parse(named('doctor.json'))).toContainEqual(expect.objectContaining({ check: 'daemon', state: 'bad' }))
  const all = Object.values(parts).join('\n')
  for (const secret of ['07134347', 'hunter2', KEY, KEY.toLowerCase(), readFileSync(kekFile!, 'utf8').trim()])
    expect(all).not.toContain(secret)
  await expect(writeBundle(file, box.file, patient(), [])).rejects.toThrow('it is there already')
  expect(existsSync(file)).toBe(true)
})
