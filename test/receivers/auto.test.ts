import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { manualClock, scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import type { ReceiverSpec } from '../../src/receivers/build.ts'
import { strangers } from '../../src/receivers/finding/strangers.ts'
import { buildReceivers } from '../../src/receivers/finding/together.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { Telegram } from '../../src/wmbus/telegram.ts'
import { AMBER_PARAMETERS, amberEmulator } from './emulators/amber.ts'
import { culEmulator } from './emulators/cul.ts'
import type { Emulator } from './emulators/emulator.ts'
import { iu891aEmulator } from './emulators/iu891a.ts'
import { type Machine, openMachine } from './emulators/machine.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 30_000, interval: 10 }
const SLOW = { timeout: 60_000 }
const TELEGRAM = bytesOf(IM871A_FRAMES[0]!.telegram)
const stranger: Emulator = { hear: (written) => ({ used: written.length, reply: null }), telegram: (bytes) => bytes }

describe('a receiver that is looked for', SLOW, () => {
  const clock = scaledClock(10, Date.UTC(2026, 10, 24))
  let machine: Machine
  let receivers: readonly Receiver[]
  let heard: Telegram[]
  const start = (specs: readonly (Partial<ReceiverSpec> & { name: string })[], reserved: readonly string[] = []): Promise<unknown> => {
    const all = specs.map((spec): ReceiverSpec => ({ use: 'auto', at: 'auto', ...spec }))
    receivers = buildReceivers(all, { clock, log: silentLog, reserved, dev: machine.dev })
    return Promise.all(receivers.map((receiver) => receiver.start((telegram) => heard.push(telegram))))
  }
  const health = (name: string) => receivers.find((receiver) => receiver.name === name)!.health()
  const receives = (name: string, use: string, at: string): Promise<void> =>
    vi.waitFor(() => expect(health(name)).toMatchObject({ state: 'receiving', use, at: machine.at(at) }), WAIT)

  beforeEach(() => {
    machine = openMachine()
    receivers = []
    heard = []
  })
  afterEach(async () => {
    await Promise.all(receivers.map((receiver) => receiver.stop()))
    machine.close()
  })

  it('is identified, and then set up, under the name that stays', async () => {
    const emulator = amberEmulator(AMBER_PARAMETERS.inUse)
    const stick = await machine.plugIn(emulator, 'ttyUSB0', 'serial/by-id/usb-amber')
    await start([{ name: 'mast', modes: ['c1'] }])
    await receives('mast', 'amb8465', 'serial/by-id/usb-amber')
    expect(health('mast').device).toMatch(/^AMB8465.*hears C2/)
    expect(stick.asked.slice(-3)).toEqual(['ff0a02008077', 'ff0b00f4', 'ff04010ef4'])
    await stick.raw(emulator.telegram(TELEGRAM))
    await vi.waitFor(() => expect(heard.map(({ bytes }) => hexOf(bytes))).toEqual([hexOf(TELEGRAM)]), WAIT)
    expect(heard[0]).toMatchObject({ receiver: 'mast', mode: 'c1' })
  })

  it('never touches the port of another receiver, nor one that is reserved, under whatever name', async () => {
    const named = await machine.plugIn(culEmulator(), 'ttyUSB0', 'serial/by-id/usb-cul')
    const modem = await machine.plugIn(stranger, 'ttyUSB1')
    await machine.plugIn(iu891aEmulator(), 'ttyUSB2')
    await start([{ name: 'found' }, { name: 'named', use: 'cul', at: machine.at('ttyUSB0') }], [machine.at('ttyUSB1')])
    await receives('found', 'iu891a', 'ttyUSB2')
    await receives('named', 'cul', 'ttyUSB0')
    // A question may be put twice on a busy machine; nobody else's is among them.
    const asked = new Set(named.asked.map((request) => Buffer.from(request, 'hex').toString()))
    expect([asked, modem.asked]).toEqual([new Set(['V\n', 'brc\n', 'X21\n']), []])
  })

  it('is another one for each of two, and nobody for a third', async () => {
    for (const n of [0, 1]) await machine.plugIn(culEmulator(), `ttyACM${n}`)
    await start([{ name: 'a' }, { name: 'b', use: 'cul' }, { name: 'c' }])
    await vi.waitFor(() => expect(['a', 'b'].map((name) => health(name).state)).toEqual(['receiving', 'receiving']), WAIT)
    expect(new Set(['a', 'b'].map((name) => health(name).at))).toEqual(new Set([machine.at('ttyACM0'), machine.at('ttyACM1')]))
    await vi.waitFor(() => expect(health('c')).toMatchObject({ state: 'waiting', use: 'auto', at: 'auto' }), WAIT)
    expect(health('c').trouble).toMatch(/no receiver answers on any serial port that is free.*receivers probe/)
  })

  it('is only a stick that can hear what is wanted', async () => {
    const cul = await machine.plugIn(culEmulator(), 'ttyACM0')
    await machine.plugIn(amberEmulator(AMBER_PARAMETERS.inUse), 'ttyUSB0')
    await start([{ name: 'mast', modes: ['r2'] }])
    await receives('mast', 'amb8465', 'ttyUSB0')
    expect(cul.asked).not.toContain(Buffer.from('brc\n').toString('hex'))
  })

  it('is found again when it comes back under another name, and another kind in its place', async () => {
    const stick = await machine.plugIn(culEmulator(), 'ttyACM0')
    await start([{ name: 'mast' }])
    await receives('mast', 'cul', 'ttyACM0')
    stick.unplug()
    await machine.plugIn(culEmulator(), 'ttyACM1').then((again) => receives('mast', 'cul', 'ttyACM1').then(again.unplug))
    await machine.plugIn(iu891aEmulator(), 'ttyUSB0')
    await receives('mast', 'iu891a', 'ttyUSB0')
    expect(health('mast').reopened).toBe(2)
  })

  it('is left for another where it does not answer any more', async () => {
    const stick = await machine.plugIn(culEmulator(), 'ttyACM0')
    await start([{ name: 'mast' }])
    await receives('mast', 'cul', 'ttyACM0')
    stick.hang()
    await machine.plugIn(iu891aEmulator(), 'ttyUSB0')
    expect(receivers[0]!.reset!()).toBe(true)
    await receives('mast', 'iu891a', 'ttyUSB0')
  })

  it('can be stopped while somebody is being asked', async () => {
    const device = await machine.plugIn(stranger, 'ttyUSB0')
    const starting = start([{ name: 'mast' }])
    await vi.waitFor(() => expect(device.asked.length).toBeGreaterThan(0), WAIT)
    await receivers[0]!.stop()
    await starting
    expect(health('mast').state).toBe('closed')
    const before = device.asked.length
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(device.asked).toHaveLength(before)
  })
})

describe('a port that nobody knows', () => {
  let directory: string
  afterEach(() => rmSync(directory, { recursive: true }))

  it('is asked at once at the start, later only when it has settled, and more and more seldom', () => {
    directory = mkdtempSync(join(tmpdir(), 'dev-'))
    const [old, fresh] = ['ttyUSB0', 'ttyUSB1'].map((name) => join(directory, name)) as [string, string]
    writeFileSync(old, '')
    const clock = manualClock(null)
    const asked = strangers(clock)
    expect([asked.mayAsk(old), asked.mayAsk(fresh)]).toEqual([true, false])
    clock.advance(2000)
    writeFileSync(fresh, '')
    expect(asked.mayAsk(fresh)).toBe(false)
    clock.advance(1000)
    expect(asked.mayAsk(fresh)).toBe(true)
    for (const seconds of [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]) {
      asked.inVain(fresh)
      clock.advance(1000 * seconds - 1)
      expect(asked.mayAsk(fresh)).toBe(false)
      clock.advance(1)
      expect(asked.mayAsk(fresh)).toBe(true)
    }
    asked.inVain(fresh)
    writeFileSync(`${fresh}.new`, '')
    renameSync(`${fresh}.new`, fresh)
    expect(asked.mayAsk(fresh)).toBe(false)
    clock.advance(1000)
    expect(asked.mayAsk(fresh)).toBe(true)
  })
})
