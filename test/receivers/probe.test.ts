import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { im871aEmulator, openStick } from '../../demo/im871a-stick.ts'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import { ASKABLE, likeliest, probe } from '../../src/receivers/finding/probe.ts'
import { holdersOf, holdersText } from '../../src/receivers/ports/port-holders.ts'
import { serialPaths, stablePath } from '../../src/receivers/ports/serial-paths.ts'
import { usbOf } from '../../src/receivers/ports/usb.ts'
import { AMBER_PARAMETERS, amberEmulator } from './emulators/amber.ts'
import { culEmulator } from './emulators/cul.ts'
import { ebiEmulator } from './emulators/ebi.ts'
import { type Emulator, plugIn } from './emulators/emulator.ts'
import { iu891aEmulator } from './emulators/iu891a.ts'
import { rc1180Emulator } from './emulators/rc1180.ts'

const clock = scaledClock(10, Date.UTC(2026, 10, 24))
const SLOW = { timeout: 60_000 }
const nobody: Emulator = { hear: (written) => ({ used: written.length, reply: null }), telegram: (bytes) => bytes }

describe('a port that is probed', SLOW, () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  it.each<[string, ReturnType<typeof amberEmulator> | ReturnType<typeof rc1180Emulator> | Emulator, RegExp]>([
    ['amb8465', amberEmulator(), /^AMB8465.*number 53005B0E/],
    ['amb3665', amberEmulator(AMBER_PARAMETERS.amb3665), /^AMB3665/],
    ['cul', culEmulator(), /^CUL V 1\.67/],
    ['iu891a', iu891aEmulator(), /^iU891A-XL/],
    ['rc1180', rc1180Emulator(), /^RC1180/],
    ['ebi', ebiEmulator(), /^EMB-WMB868/],
    ['im170a', im871aEmulator({ module: 0x36 }), /^iM170A/],
  ])('names %s by what it answers, and sets nothing', async (use, emulator, device) => {
    const stick = await plugIn(emulator)
    closing.push(stick.close)
    expect(await probe(stick.path, ASKABLE, clock)).toEqual({ use, device: expect.stringMatching(device) })
    if ('mode' in emulator) expect(emulator.mode()).toBeNull()
    if ('written' in emulator) expect(emulator.written()).toEqual([])
    if (!('configuring' in emulator)) return
    await vi.waitFor(() => expect(emulator.configuring()).toBe(false), { timeout: 10_000, interval: 20 })
  })

  it('names an iM871A, and no link mode was set', async () => {
    const stick = await openStick()
    closing.push(stick.close)
    expect(await probe(stick.path, ASKABLE, clock)).toEqual({ use: 'im871a', device: expect.stringMatching(/^iM871A firmware 13, number/) })
    expect(stick.linkMode()).toBeNull()
  })

  it('with nobody we know says so, after everyone was asked for', async () => {
    const stick = await plugIn(nobody)
    closing.push(stick.close)
    const asked: string[] = []
    expect(await probe(stick.path, ASKABLE, clock, (use) => asked.push(use))).toMatch(/nobody answered/)
    expect(asked).toEqual(['im871a', 'iu891a', 'amb8465', 'cul', 'rc1180', 'ebi'])
  })

  it('is left at the speed it had', async () => {
    const stick = await plugIn(amberEmulator(AMBER_PARAMETERS.inUse))
    closing.push(stick.close)
    const stty = (...what: string[]): string => execFileSync('stty', ['-F', stick.path, ...what], { encoding: 'utf8' })
    stty('2400', 'icanon')
    const before = stty('-g')
    expect(await probe(stick.path, ASKABLE, clock)).toMatchObject({ use: 'amb8465' })
    expect(stty('-g')).toBe(before)
  })

  it('is left as it was by a question that is not answered to its end, or is broken off', async () => {
    const halves: [Emulator & { configuring(): boolean }, AbortController][] = [0, 1].map(() => {
      const whole = rc1180Emulator()
      return [
        { ...whole, hear: (written) => (written[0] === 0x30 ? { used: 1, reply: null } : whole.hear(written)) },
        new AbortController(),
      ]
    })
    for (const [n, [module, over]] of halves.entries()) {
      const stick = await plugIn(module)
      closing.push(stick.close)
      const probing = probe(stick.path, ['rc1180'], clock, undefined, over.signal)
      if (n === 1) await vi.waitFor(() => expect(module.configuring()).toBe(true), { timeout: 10_000, interval: 5 })
      if (n === 1) over.abort()
      expect(await probing).toMatch(/nobody answered|stopped/)
      await vi.waitFor(() => expect(module.configuring()).toBe(false), { timeout: 10_000, interval: 20 })
    }
  })

  it('that another program has open without locking it is not asked either, and the program is named', async () => {
    const stick = await plugIn(amberEmulator())
    const bin = mkdtempSync(join(tmpdir(), 'bin-'))
    copyFileSync('/bin/sleep', join(bin, 'ModemManager'))
    const thief = spawn(join(bin, 'ModemManager'), ['60'], { stdio: [openSync(stick.path, 'r+'), 'ignore', 'ignore'] })
    closing.push(
      stick.close,
      () => thief.kill(),
      () => rmSync(bin, { recursive: true }),
    )
    await vi.waitFor(async () => expect((await holdersOf(stick.path)).map(({ name }) => name)).toEqual(['ModemManager']), {
      timeout: 10_000,
    })
    expect(await probe(stick.path, ASKABLE, clock)).toBe(
      `another program has it open: ModemManager (pid ${thief.pid}). Stop it. ModemManager takes such ports too: sudo systemctl disable --now ModemManager`,
    )
    expect(stick.asked).toEqual([])
  })

  it('that is not there, or another program has, is not asked', async () => {
    expect(await probe('/dev/no-such-port', ASKABLE, clock)).toMatch(/is it plugged in/)
    const stick = await openStick()
    const receiver = buildReceiver({ name: 'mast', use: 'im871a', at: stick.path }, { clock, log: silentLog })
    closing.push(stick.close)
    await receiver.start(() => {})
    expect(await probe(stick.path, ASKABLE, clock)).toMatch(/another program has it open/)
    await receiver.stop()
  })
})

it('asks first for what the USB device may be', () => {
  expect(likeliest(ASKABLE, { id: '0403:6001', product: 'AMB8465 Wireless USB Stick', folder: '' }).slice(0, 3)).toEqual([
    'amb8465',
    'amb3665',
    'cul',
  ])
  expect(likeliest(ASKABLE, { id: '04b4:0003', product: '', folder: '' })[0]).toBe('iu891a')
  expect(likeliest(ASKABLE, null)).toEqual(ASKABLE)
})

describe('the names of serial devices', () => {
  let root: string
  const link = (from: string, to: string): void => symlinkSync(join(root, to), join(root, from))
  afterEach(() => rmSync(root, { recursive: true }))

  it('are those that stay; of two equal sticks, which share one name, the other’s is that of its socket', () => {
    root = mkdtempSync(join(tmpdir(), 'dev-'))
    for (const name of ['serial/by-id', 'serial/by-path']) mkdirSync(join(root, name), { recursive: true })
    for (const name of ['ttyUSB0', 'ttyUSB1', 'ttyACM0', 'ttyS0']) writeFileSync(join(root, name), '')
    link('serial/by-id/usb-stick', 'ttyUSB1')
    link('serial/by-id/usb-gone', 'ttyUSB7')
    link('serial/by-path/pci-1', 'ttyUSB0')
    link('serial/by-path/pci-2', 'ttyUSB1')
    expect(serialPaths(root)).toEqual(['serial/by-id/usb-stick', 'serial/by-path/pci-1', 'ttyACM0'].map((name) => join(root, name)))
    expect(stablePath(join(root, 'ttyUSB1'), root)).toBe(join(root, 'serial/by-id/usb-stick'))
    expect(stablePath(join(root, 'ttyS0'), root)).toBe(join(root, 'ttyS0'))
  })

  it('lead to what the USB device says of itself', () => {
    root = mkdtempSync(join(tmpdir(), 'sys-'))
    const usb = join(root, 'devices/usb1/1-1')
    mkdirSync(join(usb, '1-1:1.0/ttyUSB0'), { recursive: true })
    mkdirSync(join(root, 'class/tty/ttyUSB0'), { recursive: true })
    for (const [name, text] of [
      ['idVendor', '10c4'],
      ['idProduct', 'ea60'],
      ['product', 'WiMOD iM871A-usb'],
    ] as const)
      writeFileSync(join(usb, name), `${text}\n`)
    link('class/tty/ttyUSB0/device', 'devices/usb1/1-1/1-1:1.0/ttyUSB0')
    writeFileSync(join(root, 'ttyUSB0'), '')
    expect(usbOf(join(root, 'ttyUSB0'), root)).toEqual({ id: '10c4:ea60', product: 'WiMOD iM871A-usb', folder: usb })
    expect(usbOf(join(root, 'ttyUSB9'), root)).toBeNull()
  })
})

it('names a few of many who hold a port', () => {
  const holders = Array.from({ length: 7 }, (_, pid) => ({ pid, name: 'sh' }))
  expect(holdersText(holders)).toBe('sh (pid 0), sh (pid 1), sh (pid 2), sh (pid 3), sh (pid 4) and 2 more')
  expect(holdersText(holders.slice(0, 5))).not.toContain('more')
})

it('names who holds a port', async () => {
  expect(await holdersOf('/dev/null')).toEqual(
    expect.arrayContaining([{ pid: process.ppid, name: expect.stringMatching(/node|MainThread/) }]),
  )
})
