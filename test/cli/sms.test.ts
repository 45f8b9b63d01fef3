import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { deliver } from '../sms/deliver.ts'
import { type Emulator, modemEmulator } from '../sms/modem-emulator.ts'
import { program } from '../support/compiled.ts'
import { here } from './cli.ts'

const LONG = 'Meter No.: 5300279, T1: 93.15 C '.repeat(8)
const FROM = '+4520123456'
vi.setConfig({ testTimeout: 120_000 })
const PATIENCE = { timeout: 90_000, interval: 50 }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-sms-cli-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('sms decode', () => {
  it('prints a PDU as one object', async () => {
    const { status, stdout } = await here('sms', 'decode', '--json', deliver({ from: FROM, body: '5300279' })[0]!)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ from: FROM, at: '2026-11-24T06:15:30+01:00', text: '5300279', parts: 1 })
  })

  it('joins the parts in a file, and passes over what a modem says in between', async () => {
    const [one, two] = deliver({ from: FROM, body: LONG })
    const data = deliver({ from: FROM, body: Uint8Array.of(0x68, 0, 0xff) })[0]!
    const file = join(directory, 'pdus.txt')
    writeFileSync(file, `AT+CMGL=4\r\n+CMGL: 1,1,,159\r\n${two}\r\n+CMGL: 2,1,,20\r\n${data}\r\n+CMGL: 3,1,,159\r\n${one}\r\nOK\r\n`)
    const { stdout } = await here('sms', 'decode', '--jsonl', file)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { from: FROM, at: '2026-11-24T06:15:30+01:00', data: '6800FF', parts: 1 },
      { from: FROM, at: '2026-11-24T06:15:30+01:00', text: LONG, parts: 2 },
    ])
  })

  it('shows a part that is alone, and says which it is', async () => {
    const { stdout } = await here('sms', 'decode', deliver({ from: FROM, body: LONG })[1]!)
    expect(stdout).toContain('part 2 of 2')
  })

  it('says what is wrong with a PDU', async () => {
    const { status, stderr } = await here('sms', 'decode', deliver({ from: FROM, body: '5300279' })[0]!.slice(0, -4))
    expect(status).toBe(1)
    expect(stderr).toContain('pdu.truncated')
    expect(await here('sms', 'decode', join(directory, 'none'))).toMatchObject({ status: 2 })
  })

  it('takes a PDU as long as a key for what it is', async () => {
    const padded = [1, 2, 3, 4, 5, 6, 7].map((n) => deliver({ from: FROM, body: '5'.repeat(n) })[0]!).find(({ length }) => length === 64)!
    expect(padded).toHaveLength(64)
    expect(await here('sms', 'decode', padded)).toMatchObject({ status: 0 })
  })
})

describe('sms listen', () => {
  let modem: Emulator
  afterEach(() => modem.close())

  /** Runs it until `done`, and gives its lines. */
  const listen = async (args: readonly string[], done: (lines: readonly string[], errors: string) => void): Promise<string[]> => {
    const child = spawn(process.execPath, [program(), 'sms', 'listen', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const lines: string[] = []
    let errors = ''
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    child.stderr.on('data', (text) => {
      errors += text
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      await vi.waitFor(() => done(lines, errors), PATIENCE)
    } finally {
      child.kill('SIGTERM')
    }
    expect(await ended).toBe(0)
    return lines
  }

  const plug = async (pin?: string): Promise<string> => {
    const path = join(directory, 'modem')
    modem = await modemEmulator({ path, clock: systemClock('always'), dice: () => 0.5, ...(pin !== undefined && { pin }) })
    return path
  }

  it('prints one object a message, those that are there and those that come, and deletes none', async () => {
    const path = await plug()
    modem.deliver(deliver({ from: FROM, body: 'there' })[0]!)
    const lines = await listen([path, '--jsonl'], (lines) => {
      if (lines.length === 1 && modem.stored().length === 1) for (const pdu of deliver({ from: FROM, body: LONG })) modem.deliver(pdu)
      expect(lines).toHaveLength(2)
    })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { from: FROM, at: '2026-11-24T06:15:30+01:00', text: 'there', parts: 1 },
      { from: FROM, at: '2026-11-24T06:15:30+01:00', text: LONG, parts: 2 },
    ])
    expect(modem.stored()).toHaveLength(3)
    expect(modem.heard().filter((line) => line.startsWith('AT+CMGD'))).toEqual([])
  })

  it('deletes what it has shown where it is told to', async () => {
    const path = await plug()
    modem.deliver(deliver({ from: FROM, body: 'gone' })[0]!)
    const lines = await listen([path, '--delete'], () => expect(modem.stored()).toEqual([]))
    expect(lines.join('\n')).toContain('gone')
  })

  it('gives the PIN of a file once', async () => {
    const path = await plug('4711')
    const file = join(directory, 'pin')
    writeFileSync(file, '0815\n')
    await listen([path, '--pin-file', file], (_, errors) => expect(errors).toContain('did not take the PIN'))
    expect(modem.pinTries()).toBe(1)
    writeFileSync(file, '4711\n')
    modem.deliver(deliver({ from: FROM, body: 'open' })[0]!)
    const lines = await listen([path, '--jsonl', '--pin-file', file], (lines) => expect(lines).toHaveLength(1))
    expect(lines[0]).toContain('open')
  })

  it('takes no PIN on the command line', async () => {
    const path = await plug('4711')
    for (const args of [['--pin=4711'], ['--pin', '4711']]) {
      const { status, stdout, stderr } = await here('sms', 'listen', path, ...args)
      expect(status).toBe(2)
      expect(stdout + stderr).not.toContain('4711')
    }
  })
})
