import { expect, test } from 'vitest'
import { statusText } from '../../src/cli/status/text.ts'
import { QUIET } from './quiet-status.ts'

const UTC = Date.UTC(2026, 10, 24, 9)
const NOW = { utcMs: UTC, monotonicMs: 100_000 }

test('a gateway at work is one screen', () => {
  const receiver = { bytes: 0, skipped: 3, badChecksums: 1, reopened: 2 }
  const status = {
    ...QUIET,
    gateway: 'chimney-west',
    startedAt: new Date(UTC - 2 * 86_400_000).toISOString(),
    receivers: [
      {
        ...receiver,
        name: 'mast',
        use: 'im871a',
        at: '/dev/x',
        state: 'receiving',
        trouble: null,
        telegrams: 1234,
        lastTelegramMs: 95_500,
        lastRssi: -71.4,
      },
      {
        ...receiver,
        name: 'roof',
        use: 'rtl_wmbus',
        at: 'tcp://a:1',
        state: 'waiting',
        trouble: 'nobody listens there',
        telegrams: 0,
        lastTelegramMs: null,
      },
    ] as const,
    outcomes: { ...QUIET.outcomes, observation: 1000, unlisted: 30, duplicate: 204 },
    reasons: { 'dll.crc': 7, 'tpl.key-missing': 9, a: 1, b: 1, c: 1, d: 1, e: 1 },
    ignored: { ...QUIET.ignored, late: 2 },
    meters: { registered: 6994, heardToday: 6981, nextKeys: 2 },
    clock: { ...QUIET.clock, known: true, reason: 'timesyncd' },
    unlisted: [{ meter: 'KAM-00000001', telegrams: 3 }],
    day: { day: '2026-11-24', yesterday: { day: '2026-11-23', closed: true, readings: 6980, expected: 6994 } },
    sinks: [
      {
        ...{ sink: 'mqtt', connected: false, since: UTC - 125_000, everDelivered: true },
        ...{ live: 12, backlog: 3, held: 1, refused: 0, trouble: { reason: 'connection refused', at: null } },
      },
    ],
  }
  expect(statusText(status, NOW)).toMatchInlineSnapshot(`
    "chimney-west, Varmesky 0.1.0, running for 2 d

    RECEIVER  USE        STATE      TELEGRAMS  LAST     DBM  SKIPPED  BAD  REOPENED  TROUBLE
    mast      im871a     receiving  1234       4 s ago  -71  3        1    2         –
    roof      rtl_wmbus  waiting    0          never    –    3        1    2         nobody listens there

    telegrams  observation 1000, duplicate 204, unlisted 30
    faults     tpl.key-missing 9, dll.crc 7, a 1, b 1, c 1, 2 other kinds
    not used   late 2
    meters     6981 of 6994 heard today; 2 with a next key that opened nothing yet
    days       2026-11-24 is running; 2026-11-23 is closed with 6980 of 6994 readings
    unlisted   1 address: KAM-00000001

    SINK  STATE                    WAITING  BACKLOG  HELD  REFUSED  LAST TROUBLE
    mqtt  not connected for 2 min  12       3        1     0        connection refused"
  `)
})

test('a gateway without anything says what is missing', () => {
  const clock = { ...QUIET.clock, provisional: { ...QUIET.clock.provisional, held: 2 } }
  expect(statusText({ ...QUIET, clock }, { utcMs: null, monotonicMs: 0 })).toMatchInlineSnapshot(`
    "box, Varmesky 0.1.0, running

    No receivers are configured: nothing can be heard.

    telegrams  none yet
    faults     none
    not used   none
    meters     0 of 0 heard today
    days       the clock is not known to be right: no reading gets a date before it is
    clock      the time was not told; 2 observations wait for the time

    No way out is configured (mqtt, stdout): readings are stored and wait."
  `)
})

test('a disk in trouble is told in one line, with what waits and what to try', () => {
  const shown = (store: Partial<typeof QUIET.store>) => statusText({ ...QUIET, store: { ...QUIET.store, ...store } }, NOW)
  expect(shown({ state: 'read-only', since: UTC - 240_000, reason: 'attempt to write', tries: 7, waiting: 120, dropped: 3 })).toContain(
    'store      the disk is read-only: repair it and mount it again; read-only for 4 min, 7 tries (attempt to write); 120 messages in memory only; 3 given up\n',
  )
  expect(shown({ salvage: { file: 'varmesky.db.corrupt-20261124T080000Z', saved: 1200, damaged: 1 } })).toContain(
    'store      the disk stores; reading out varmesky.db.corrupt-20261124T080000Z: 1200 saved, 1 damaged\n',
  )
  expect(shown({ waiting: 20 })).not.toMatch(/^store/m)
})

test('what a port had to drop is told while it receives', () => {
  const receiver = {
    name: 'roof',
    use: 'hex',
    at: 'udp://:1',
    state: 'receiving',
    trouble: null,
    telegrams: 1,
    lastTelegramMs: null,
  } as const
  const counters = { bytes: 0, skipped: 0, badChecksums: 0, reopened: 0 }
  const text = (dropped: number): string => statusText({ ...QUIET, receivers: [{ ...receiver, ...counters, dropped }] }, NOW)
  expect(text(12)).toMatch(/12 dropped: more comes than can be fetched/)
  expect(text(0)).not.toMatch(/dropped/)
})
