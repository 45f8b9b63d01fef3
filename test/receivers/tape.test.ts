import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Clock, manualClock, scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver, type ReceiverSpec } from '../../src/receivers/build.ts'
import { buildReceivers } from '../../src/receivers/finding/together.ts'
import { sendersSession } from '../../src/receivers/senders.ts'
import { raw } from '../../src/receivers/sticks/raw.ts'
import { hexLines } from '../../src/receivers/streams/lines.ts'
import { openTape, type Tape, tapedSenders } from '../../src/receivers/tape.ts'
import { replayTape } from '../../src/receivers/tape-replay.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { amberEmulator } from './emulators/amber.ts'
import { type Machine, openMachine } from './emulators/machine.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 30_000, interval: 10 }
const [A, B, C] = IM871A_FRAMES.map((frame) => bytesOf(frame.telegram)) as [Uint8Array, Uint8Array, Uint8Array]
const told = (telegrams: readonly Telegram[]) =>
  telegrams.map(({ bytes, rssi, mode, crc, receiver }) => [hexOf(bytes), rssi, mode, crc, receiver])

describe('a recording of bytes', { timeout: 60_000 }, () => {
  let directory: string
  let file: string
  let machine: Machine | null
  let heard: Telegram[]
  const deliver = (telegram: Telegram): void => void heard.push(telegram)
  const linesOf = (): string[] => readFileSync(file, 'utf8').split('\n')
  const recording = (clock: Clock): Tape => openTape({ file, maxBytes: 1e6, clock, log: silentLog })
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tape-'))
    file = join(directory, 'mast.raw')
    machine = null
    heard = []
  })
  afterEach(() => {
    machine?.close()
    rmSync(directory, { recursive: true })
  })

  it('of a stick plays to the same telegrams, through the same dialogue, across an unplugging', async () => {
    const clock = scaledClock(5, Date.UTC(2026, 10, 24))
    machine = openMachine()
    const emulator = amberEmulator()
    const stick = await machine.plugIn(emulator, 'ttyUSB0')
    const tape = recording(clock)
    const spec: ReceiverSpec = { name: 'mast', use: 'amb8465', at: machine.at('ttyUSB0'), modes: ['c1'] }
    const receiver = buildReceiver(spec, { clock, log: silentLog, tape })
    await receiver.start(deliver)
    await stick.raw(Uint8Array.of(0xff, 0x03, ...emulator.telegram(A)))
    await stick.raw(emulator.telegram(B).subarray(0, 20))
    await vi.waitFor(() => expect(heard).toHaveLength(1), WAIT)
    stick.unplug()
    const again = await machine.plugIn(emulator, 'ttyUSB0')
    await vi.waitFor(() => expect(receiver.health()).toMatchObject({ state: 'receiving', reopened: 1 }), WAIT)
    await again.raw(emulator.telegram(C))
    await vi.waitFor(() => expect(heard).toHaveLength(2), WAIT)
    await receiver.stop()
    await tape.close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { telegrams, openings, problems } = replayTape(linesOf())
    expect(told(telegrams)).toEqual(told(heard))
    expect(told(telegrams)[1]).toEqual([hexOf(C), -50, 'c1', 'stripped', 'mast'])
    // Heard when its last byte is on the tape.
    const events = linesOf().flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    const [, opening] = events.filter((event) => 'opened' in event)
    const last = events.findLast((event) => 'in' in event)
    expect(telegrams[1]!.heard.utcMs).toBeCloseTo(Date.parse(opening.opened) + last.ms - opening.ms, 3)
    expect(openings.map(({ asked, wasAsked }) => asked === wasAsked && asked.length > 0)).toEqual([true, true])
    const counted = (of: 'bytes' | 'skipped') => openings.reduce((sum, { health }) => sum + health[of], 0)
    expect([counted('bytes'), counted('skipped')]).toEqual([receiver.health().bytes, receiver.health().skipped])
    expect(problems).toEqual([])
    // Played with another dialogue: that is told.
    const changed = replayTape(linesOf().map((line) => line.replace('"modes":["c1"]', '"modes":["s1"]')))
    expect(changed.openings.map(({ asked, wasAsked }) => asked === wasAsked)).toEqual([false, false])
  })

  it('keeps silences: what is half here is torn off after the same time', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 24))
    const tape = recording(clock)
    tape.add('mast', { opened: null, use: 'raw' })
    for (const [ms, bytes] of [
      [0, A.subarray(0, 20)],
      [300, A.subarray(20)],
      [300, C],
    ] as const) {
      clock.advance(ms)
      tape.add('mast', { in: hexOf(bytes) })
    }
    await tape.close()
    expect(replayTape(linesOf()).telegrams.map(({ bytes }) => hexOf(bytes))).toEqual([hexOf(C)])
    const together = linesOf().map((line) => line.replace(/"ms":\d+/, '"ms":0'))
    expect(replayTape(together).telegrams.map(({ bytes }) => hexOf(bytes))).toEqual([hexOf(A), hexOf(C)])
    expect(raw({ receiver: 'mast', losses: { skipped: 0, badChecksums: 0 } }).patienceMs).toBeLessThan(300)
  })

  it('keeps many senders apart', async () => {
    const clock = manualClock(null)
    const tape = recording(clock)
    const session = sendersSession({ name: 'roof', use: 'hex', at: 'x' }, hexLines, true, clock, silentLog)
    const senders = tapedSenders(session, tape, 'roof')
    session.deliverTo(deliver)
    tape.add('roof', { opened: null, use: 'hex' })
    const text = (line: string): Uint8Array => new TextEncoder().encode(line)
    const [one, two] = [senders.joined(), senders.joined()]
    one.data(text(hexOf(A).slice(0, 30)))
    two.data(text(hexOf(B).slice(0, 11)))
    senders.message(text(hexOf(C)))
    two.data(text(`${hexOf(B).slice(11)}\n`))
    one.data(text(hexOf(A).slice(30)))
    one.gone(true)
    two.data(text(hexOf(A).slice(0, 30)))
    two.gone(false)
    await tape.close()
    expect(heard.map(({ bytes }) => hexOf(bytes))).toEqual([C, B, A].map(hexOf))
    expect(told(replayTape(linesOf()).telegrams)).toEqual(told(heard))
  })

  it('ends before it is too long, goes on after a restart, and bears a line that was cut off', async () => {
    const clock = manualClock(null)
    const add = async (tape: Tape, times: number): Promise<void> => {
      tape.add('mast', { opened: null, use: 'hex' })
      for (let n = 0; n < times; n++) tape.add('mast', { in: Buffer.from(`${hexOf(A)}\n`).toString('hex') })
      await tape.close()
    }
    const open = () => openTape({ file, append: true, maxBytes: 5000, clock, log: silentLog })
    await add(open(), 1)
    await add(open(), 100)
    expect(statSync(file).size).toBeLessThanOrEqual(5000)
    const { telegrams, openings } = replayTape(linesOf())
    expect([telegrams.length > 2, openings.length]).toEqual([true, 2])
    const size = statSync(file).size
    await add(open(), 100)
    expect(statSync(file).size - size).toBeLessThan(100)
    const cut = [...linesOf().slice(0, 2), linesOf()[1]!.slice(0, 40)]
    expect(replayTape(cut)).toMatchObject({ telegrams: [{}], problems: ['line 3: not JSON: cut short?'] })
    expect(replayTape(['{"receiver":"mast","ms":1}']).problems[0]).toMatch(/line 1: not a line of a recording/)
  })

  it('is made of the receiver whose configuration says so', async () => {
    const clock = scaledClock(5, Date.UTC(2026, 10, 24))
    machine = openMachine()
    const stick = await machine.plugIn(amberEmulator(), 'ttyUSB0')
    const [receiver] = buildReceivers([{ name: 'mast', use: 'auto', at: 'auto', captureRaw: file }], {
      ...{ clock, log: silentLog, reserved: [], dev: machine.dev },
    })
    await receiver!.start(deliver)
    await vi.waitFor(() => expect(receiver!.health().state).toBe('receiving'), WAIT)
    await stick.raw(Uint8Array.of(1, 2, 3))
    await vi.waitFor(() => expect(receiver!.health().bytes).toBeGreaterThan(3), WAIT)
    await receiver!.stop()
    const { openings } = replayTape(linesOf())
    expect(openings).toMatchObject([{ health: { name: 'mast', use: 'amb8465' } }])
    expect(openings[0]!.asked).toBe(openings[0]!.wasAsked)
  })
})
