/** The program under a wall clock that lies (libfaketime): boots in 2000, learns the time, jumps 56 years, steps by hours. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { askDaemon } from '../../src/control/client.ts'
import { socketPath } from '../../src/control/protocol.ts'
import type { GatewayStatus } from '../../src/control/status.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { createKekFile } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { frameA, hexOf, integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'
import { type Loopback, loopback } from './loopback.ts'
import { type Program, start } from './program.ts'

const LIBRARY = libfaketime()

/** Where Debian and its like put it. */
function libfaketime(): string | undefined {
  const places = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((place) => `/usr/lib/${place}/faketime/libfaketime.so.1`) : []
  return places.find((file) => existsSync(file))
}

const METER: Sender = { manufacturer: 'LUG', id: '71000001', version: 0x34, type: 4 }
const telegram = (energy: number): string =>
  `${hexOf(frameA(stripped(METER, shortHeader(METER, record('0406', integer(energy, 4)), { accessNumber: energy & 0xff }))))}\n`

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 23, 12)

describe.skipIf(LIBRARY === undefined)(`a clock that lies${LIBRARY ? '' : ' (skipped: apt-get install faketime)'}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-clock-'))
  const inside = (...names: string[]): string => join(directory, ...names)
  const [offset, evidence] = [inside('offset'), inside('synchronized')]
  let mast: Loopback
  let daemon: Program | undefined

  /** What the wall clock of the daemon shows from now on. */
  const set = (utcMs: number): void => {
    const seconds = (utcMs - Date.now()) / 1000
    writeFileSync(offset, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}\n`)
  }
  /** As whoever keeps the time does. */
  const synchronize = (utcMs: number): void => {
    set(utcMs)
    writeFileSync(evidence, '')
    utimesSync(evidence, utcMs / 1000, utcMs / 1000)
  }
  const run = async (): Promise<void> => {
    daemon = start(['--config', inside('varmesky.yaml'), 'run'], {
      env: {
        LD_PRELOAD: LIBRARY!,
        FAKETIME_TIMESTAMP_FILE: offset,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      },
    })
    await vi.waitFor(status, { timeout: 20_000, interval: 100 })
    await vi.waitFor(() => expect(mast.sockets.size).toBe(1), { timeout: 20_000 })
  }
  const end = async (): Promise<void> => {
    daemon?.signal('SIGTERM')
    expect(await daemon?.ended).toMatchObject({ status: 0 })
    daemon = undefined
  }
  const status = async (): Promise<GatewayStatus> =>
    (await askDaemon(socketPath(directory), 'status', {}, AbortSignal.timeout(5_000))) as GatewayStatus
  const until = (expected: object): Promise<void> =>
    vi.waitFor(async () => expect(await status()).toMatchObject(expected), { timeout: 20_000, interval: 100 })
  const say = (energy: number): void => {
    for (const socket of mast.sockets) socket.write(telegram(energy))
  }
  const readings = (): DailyReading[] => {
    const store = openStore({ directory: inside('state'), kek: null, clock: systemClock(), readonly: true })
    const bodies = store.outbox.readings({}).map(({ body }) => JSON.parse(body))
    store.close()
    return bodies
  }

  beforeAll(async () => {
    mast = await loopback()
    const kek = createKekFile(inside('kek'))
    mkdirSync(inside('state'))
    const store = openStore({ directory: inside('state'), kek, clock: systemClock() })
    store.meters.put([{ meter: 'LUG-71000001' }])
    store.close()
    const config = {
      gateway: 'box',
      ...{ stateDirectory: 'state', runtimeDirectory: '.', kekFile: './kek' },
      receivers: [{ name: 'mast', use: 'hex', at: `tcp://127.0.0.1:${mast.port}` }],
      clock: { trust: evidence },
    }
    writeFileSync(inside('varmesky.yaml'), JSON.stringify(config))
  })
  afterAll(async () => {
    daemon?.signal('SIGKILL')
    await mast.close()
    rmSync(directory, { recursive: true })
  })

  it('is not believed in the year 2000, and what is heard waits, also over a restart', async () => {
    set(Date.UTC(2000, 0, 1))
    await run()
    say(100)
    await until({ clock: { known: false, reason: 'before-release', provisional: { held: 1 } }, day: null, startedAt: null })
    await end()
    await run()
    await until({ clock: { known: false, provisional: { held: 1 } } })
  })

  it('is believed once it is synchronized, and what was heard is dated', async () => {
    synchronize(NOON)
    await until({ clock: { known: true, reason: 'file', provisional: { held: 0, dated: 1 } }, day: { day: '2026-11-23' } })
  })

  it('is not believed 56 years ahead, nor three days, but again when it is back', async () => {
    set(NOON + 56 * 365.25 * 24 * HOUR)
    await until({ clock: { known: false, reason: 'beyond-release' } })
    set(NOON + 72 * HOUR)
    await until({ clock: { known: false, reason: 'jumped' } })
    say(101)
    await until({ clock: { provisional: { held: 1 } } })
    set(NOON + 60_000)
    await until({ clock: { known: true } })
    say(102)
    await until({ clock: { provisional: { held: 0, dated: 2 } }, outcomes: { observation: 2 } })
  })

  it('may step by hours: the day is told once, with what was heard nearest to its end', async () => {
    set(NOON + 15 * HOUR)
    await until({ day: { day: '2026-11-24' } })
    await end()
    await run()
    await end()
    const told = readings()
    expect(told).toMatchObject([{ day: '2026-11-23', registers: { energy: { value: '102' } } }])
    expect(told[0]!.evidence.observedAt).toMatch(/^2026-11-23T12:0/)
    set(NOON + 11 * HOUR)
    await run()
    await until({ clock: { known: true }, day: { day: '2026-11-24' } })
    say(103)
    await until({ outcomes: { observation: 1 } })
    set(NOON + 9 * HOUR)
    await until({ day: { day: '2026-11-23' } })
    say(104)
    await until({ outcomes: { observation: 2 } })
    await end()
    set(NOON + 15 * HOUR)
    await run()
    await end()
    expect(readings()).toEqual(told)
  })
})
