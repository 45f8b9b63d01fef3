import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { AMBER_PARAMETERS, amberEmulator } from './emulators/amber.ts'
import { type Machine, openMachine, type Plugged } from './emulators/machine.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 30_000, interval: 5 }
const [A, B] = IM871A_FRAMES.map((frame) => bytesOf(frame.telegram)) as [Uint8Array, Uint8Array]
/** From the moment a device is back until it is received from, by the receivers' clock. */
const BACK_MS = 10_000
const openFiles = (): number => readdirSync('/proc/self/fd').length

describe('sticks that are plugged in and out', { timeout: 60_000 }, () => {
  /** Faster than the world; a busy machine counts against the ten seconds as many times. */
  const clock = scaledClock(2, Date.UTC(2026, 10, 24))
  let machine: Machine
  let receivers: Receiver[]
  let heard: Record<string, string[]>
  const start = async (name: string, at: string): Promise<Receiver> => {
    const receiver = buildReceiver({ name, use: 'amb8465', at: machine.at(at), modes: ['c1'] }, { clock, log: silentLog })
    receivers.push(receiver)
    heard[name] = []
    await receiver.start(({ bytes }: Telegram) => heard[name]!.push(hexOf(bytes)))
    return receiver
  }
  const emulator = () => amberEmulator(AMBER_PARAMETERS.inUse)
  const plugIn = (...names: string[]): Promise<Plugged> => machine.plugIn(emulator(), ...names)
  const send = (stick: Plugged, telegram: Uint8Array): Promise<void> => stick.raw(emulator().telegram(telegram))
  const receives = (receiver: Receiver): Promise<void> => vi.waitFor(() => expect(receiver.health().state).toBe('receiving'), WAIT)
  /** Within ten seconds of now. */
  const isBack = async (receiver: Receiver, reopened: number): Promise<void> => {
    const sinceMs = clock.monotonicMs()
    await vi.waitFor(() => expect(receiver.health()).toMatchObject({ state: 'receiving', reopened }), WAIT)
    expect(clock.monotonicMs() - sinceMs).toBeLessThanOrEqual(BACK_MS)
  }
  const isGone = (receiver: Receiver): Promise<void> => vi.waitFor(() => expect(receiver.health().state).not.toBe('receiving'), WAIT)

  beforeEach(() => {
    machine = openMachine()
    receivers = []
    heard = {}
  })
  afterEach(async () => {
    await Promise.all(receivers.map((receiver) => receiver.stop()))
    machine.close()
  })

  it('two equal ones, named by their sockets, are swapped: each socket hears on', async () => {
    const sticks = await Promise.all([plugIn('serial/by-path/pci-1'), plugIn('serial/by-path/pci-2')])
    const [one, two] = [await start('one', 'serial/by-path/pci-1'), await start('two', 'serial/by-path/pci-2')]
    await Promise.all([receives(one), receives(two)])
    const files = openFiles()
    for (const stick of sticks) stick.unplug()
    await Promise.all([isGone(one), isGone(two)])
    const swapped = await Promise.all([plugIn('serial/by-path/pci-2'), plugIn('serial/by-path/pci-1')])
    await Promise.all([isBack(one, 1), isBack(two, 1)])
    await Promise.all([send(swapped[0]!, A), send(swapped[1]!, B)])
    await vi.waitFor(() => expect(heard).toEqual({ one: [hexOf(B)], two: [hexOf(A)] }), WAIT)
    // Fewer: what tests before left is closed meanwhile.
    expect(openFiles()).toBeLessThanOrEqual(files)
  })

  it('under links that change places while both are in: each receiver is where its name leads, and nobody takes the other’s', async () => {
    const sticks = await Promise.all([plugIn('ttyUSB0'), plugIn('ttyUSB1')])
    const link = (n: number, to: Plugged): void => symlinkSync(to.path, machine.at(`serial/by-id/${n}.new`))
    const name = (n: number): void => renameSync(machine.at(`serial/by-id/${n}.new`), machine.at(`serial/by-id/${n}`))
    for (const n of [0, 1]) {
      link(n, sticks[n]!)
      name(n)
    }
    const [a, b] = [await start('a', 'serial/by-id/0'), await start('b', 'serial/by-id/1')]
    await Promise.all([receives(a), receives(b)])
    for (const n of [0, 1]) link(n, sticks[1 - n]!)
    for (const n of [0, 1]) name(n)
    await vi.waitFor(() => expect([a, b].map((receiver) => receiver.health().reopened)).toEqual([1, 1]), WAIT)
    await Promise.all([receives(a), receives(b)])
    await Promise.all([send(sticks[0]!, A), send(sticks[1]!, B)])
    await vi.waitFor(() => expect(heard).toEqual({ a: [hexOf(B)], b: [hexOf(A)] }), WAIT)
  })

  it('one comes back as another tty under the name that stays', async () => {
    const stick = await plugIn('ttyUSB0', 'serial/by-id/usb-amber')
    const receiver = await start('mast', 'serial/by-id/usb-amber')
    await receives(receiver)
    stick.unplug()
    await isGone(receiver)
    await machine.plugIn(emulator(), 'ttyUSB0')
    const again = await plugIn('ttyUSB5', 'serial/by-id/usb-amber')
    await isBack(receiver, 1)
    await send(again, A)
    await vi.waitFor(() => expect(heard['mast']).toEqual([hexOf(A)]), WAIT)
  })

  it('one vanishes in the middle of its start-up, at every question', async () => {
    const whole = await plugIn('ttyUSB0')
    const receiver = await start('mast', 'ttyUSB0')
    await receives(receiver)
    const questions = whole.asked.length
    expect(questions).toBe(3)
    const files = openFiles()
    whole.unplug()
    await isGone(receiver)
    for (let n = 1; n <= questions; n++) {
      let asked = 0
      const mute = emulator()
      // The n-th question is the last it hears.
      const stick = await machine.plugIn(
        { ...mute, hear: (written) => (asked + 1 < n ? heardBy(mute, written) : { used: written.length, reply: null }) },
        'ttyUSB0',
      )
      function heardBy(device: typeof mute, written: Uint8Array) {
        const said = device.hear(written)
        if (said) asked++
        return said
      }
      await vi.waitFor(() => expect(stick.asked.length).toBeGreaterThanOrEqual(n), WAIT)
      stick.unplug()
      await vi.waitFor(() => expect(receiver.health()).toMatchObject({ state: 'waiting', trouble: expect.stringMatching(/plugged/) }), WAIT)
    }
    const again = await plugIn('ttyUSB0')
    await isBack(receiver, 1)
    await send(again, A)
    await vi.waitFor(() => expect(heard['mast']).toEqual([hexOf(A)]), WAIT)
    // Fewer: what tests before left is closed meanwhile.
    expect(openFiles()).toBeLessThanOrEqual(files)
  })

  it('one opens, answers, and hears nothing: it receives, and says so once that is unusual', async () => {
    const fast = scaledClock(3000, Date.UTC(2026, 10, 24))
    await plugIn('ttyUSB0')
    const receiver = await start('mast', 'ttyUSB0')
    expect(receiver.health()).toMatchObject({ state: 'receiving', telegrams: 0, lastTelegramMs: null, trouble: null })
    await receiver.stop()
    const told: string[] = []
    const patient = buildReceiver(
      { name: 'deaf', use: 'hex', at: 'exec:sleep 60' },
      { clock: fast, log: silentLog, tell: (event, { why }) => told.push(`${event}: ${why}`) },
    )
    receivers.push(patient)
    await patient.start(() => {})
    await vi.waitFor(
      () => expect(told[0]).toMatch(/receiver.silent: is set up and has heard nothing yet, for 3\d min: is the antenna/),
      WAIT,
    )
  })

  it('one is held by a thief, who is named; once he is gone it is received from', async () => {
    const stick = await plugIn('ttyUSB0')
    const bin = mkdtempSync(join(tmpdir(), 'bin-'))
    copyFileSync('/usr/bin/flock', join(bin, 'ModemManager'))
    const thief = spawn(join(bin, 'ModemManager'), ['-o', '-x', stick.path, 'sleep', '60'], { stdio: 'ignore', detached: true })
    try {
      await vi.waitFor(async () => {
        const { holdersOf } = await import('../../src/receivers/ports/port-holders.ts')
        expect((await holdersOf(stick.path)).map(({ name }) => name)).toContain('ModemManager')
      }, WAIT)
      const receiver = await start('mast', 'ttyUSB0')
      expect(receiver.health()).toMatchObject({
        state: 'waiting',
        trouble: expect.stringMatching(
          /^another program has it open: ModemManager \(pid \d+\).*sudo systemctl disable --now ModemManager$/,
        ),
      })
      process.kill(-thief.pid!)
      await isBack(receiver, 0)
    } finally {
      thief.kill()
      rmSync(bin, { recursive: true })
    }
  })
})
