import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configIn } from '../../src/cli/command.ts'
import { type Clock, manualClock, now, scaledClock } from '../../src/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { openStore } from '../../src/store/open.ts'
import { here } from '../cli/cli.ts'
import { integer, record, shortHeader, stripped } from '../support/telegrams.ts'
import { deliver } from './deliver.ts'
import { type Emulator, modemEmulator } from './modem-emulator.ts'
import { PACE } from './pace.ts'

vi.setConfig({ testTimeout: 120_000 })
const PATIENCE = { timeout: 60_000, interval: 20 }
const METER = 'KAM-05300279'
const SENDER = { manufacturer: 'KAM', id: '05300279', version: 0x34, type: 0x04 }
const FROM = '+4520123456'
const DAY = '2026-11-24'
const textOf = (energy: string): string =>
  `${energy} MWh,\n25.99 MW,\n1657074 m3\n379.8 m3/h,\nMeter No.: 5300279,\nInfo code: 0,\n7373 Hours`
const sms = (body: string, time: string, from = FROM): string => deliver({ from, body, at: `${DAY}T${time}` })[0]!

let directory: string
let clock: Clock
let modem: Emulator
let logged: string[]
let gateway: Gateway | null

const start = async (at: Clock): Promise<Gateway> => {
  const config = configIn(join(directory, 'varmesky.yaml'))
  const log = createLog({ level: 'debug', to: { write: (line: string) => void logged.push(line) } })
  gateway = await startGateway({ config, clock: at, log, version: '0', kek: loadKek(config.kekFile) })
  return gateway
}
const stop = async (): Promise<void> => {
  await gateway?.stop()
  gateway = null
}
const hear = (kwh: number, sender = SENDER): void => {
  const bytes = stripped(
    sender,
    shortHeader(sender, Uint8Array.from([...record('0406', integer(kwh, 4)), ...record('0414', integer(1, 4))])),
  )
  gateway!.receive({ bytes, crc: 'stripped', heard: now(clock), receiver: 'stick', rssi: null, mode: null })
}
const readings = (): DailyReading[] => gateway!.store.outbox.readings({ day: DAY }).map(({ body }) => JSON.parse(body) as DailyReading)

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-sms-gateway-'))
  logged = []
  gateway = null
  const path = join(directory, 'modem')
  writeFileSync(
    join(directory, 'varmesky.yaml'),
    `gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\nsms:\n  modem: ${path}\n  senders: senders.csv\n`,
  )
  writeFileSync(join(directory, 'senders.csv'), `# who\n${FROM};KAM;5300279\n`)
  createKekFile(join(directory, 'kek'))
  clock = scaledClock(PACE, Date.parse(`${DAY}T05:00:00Z`))
  modem = await modemEmulator({ path, clock, dice: () => 0.5 })
  await start(clock)
  gateway!.store.meters.put([{ meter: METER }])
})
afterEach(async () => {
  await stop()
  modem.close()
  rmSync(directory, { recursive: true })
})

const accepted = (n: number) => vi.waitFor(() => expect(gateway!.store.sms.counts().accepted).toBe(n), PATIENCE)
/** What is said of the day once it has closed. */
const afterwards = async (): Promise<DailyReading[]> => {
  await stop()
  await start(manualClock(Date.parse('2026-11-25T03:00:00Z')))
  return readings()
}

describe('a meter that reports by SMS', () => {
  it('has a reading of the day like any other, that says where it is from', async () => {
    modem.deliver(sms(textOf('114931.6'), '06:15:30'))
    await accepted(1)
    const [reading, ...others] = await afterwards()
    expect(others).toEqual([])
    expect(reading).toMatchObject({
      meter: { manufacturer: 'KAM', id: '05300279', version: null, deviceType: 'heat' },
      registers: {
        energy: { value: '114931.6', unit: 'MWh', obis: '6-0:1.0.0*255' },
        volume: { value: '1657074', unit: 'm3' },
        onTime: { value: '7373', unit: 'h' },
      },
      momentary: { power: { value: '25.99', unit: 'MW' } },
      evidence: { kind: 'early', observedAt: '2026-11-24T05:15:30Z', clock: 'network' },
      security: { encryption: 'none', integrity: 'none' },
      source: { path: 'sms', decoder: 'kamstrup-gsm/1' },
    })
  })

  it('and has begun to send by radio has one reading: the nearer to midnight', async () => {
    hear(114_931_000)
    modem.deliver(sms(textOf('114931.6'), '23:55:00'))
    await accepted(1)
    const found = await afterwards()
    expect(found.map(({ source, registers }) => [source.path, registers['energy']!.value])).toEqual([['sms', '114931.6']])
  })

  it('… the radio where that is nearer', async () => {
    modem.deliver(sms(textOf('114931.6'), '01:00:00'))
    await accepted(1)
    hear(114_932_000)
    const found = await afterwards()
    expect(found.map(({ source, registers }) => [source.path, registers['energy']!.value])).toEqual([['wmbus', '114932000']])
  })

  it('keeps its reading through a crash that loses what stood in memory', async () => {
    modem.deliver(sms(textOf('114931.6'), '23:55:00'))
    await accepted(1)
    await stop()
    const store = openStore({ directory: join(directory, 'state'), kek: null, clock })
    store.memory.save('candidate', new Map([...store.memory.load('candidate').keys()].map((key) => [key, null])))
    store.close()
    await start(manualClock(Date.parse('2026-11-24T23:30:00Z')))
    expect(readings()).toEqual([])
    const found = await afterwards()
    expect(found).toHaveLength(1)
  })

  it('by a sender nobody knows is in quarantine until a person takes it', async () => {
    modem.deliver(sms(textOf('7.1'), '23:50:00', '+4587654321'))
    modem.deliver(sms('Din saldo er 12 kr.', '23:51:00'))
    await vi.waitFor(() => expect(gateway!.store.sms.counts().quarantine).toBe(2), PATIENCE)
    const config = ['--config', join(directory, 'varmesky.yaml')]
    const list = await here(...config, 'sms', 'quarantine', 'list', '--json')
    const rows: { number: number; reason: string }[] = JSON.parse(list.stdout)
    expect(rows.map(({ reason }) => reason).sort()).toEqual(['sms.sender', 'sms.unread'])
    const number = (reason: string): string => String(rows.find((row) => row.reason === reason)!.number)
    const show = await here(...config, 'sms', 'quarantine', 'show', number('sms.sender'))
    expect(show.stdout).toContain('7.1 MWh')
    expect(await here(...config, 'sms', 'quarantine', 'accept', number('sms.unread'))).toMatchObject({ status: 3 })
    expect(await here(...config, 'sms', 'quarantine', 'accept', number('sms.sender'))).toMatchObject({ status: 0 })
    expect(await here(...config, 'sms', 'quarantine', 'reject', number('sms.unread'))).toMatchObject({ status: 0 })
    expect(gateway!.store.sms.counts()).toMatchObject({ accepted: 1, quarantine: 0, rejected: 1 })
    expect((await afterwards()).map(({ registers }) => registers['energy']!.value)).toEqual(['7.1'])
  })

  it('counts as heard, and its silence is noticed', async () => {
    expect(gateway!.status().meters.heardToday).toBe(0)
    modem.deliver(sms(textOf('114931.6'), '06:15:30'))
    await accepted(1)
    expect(gateway!.status()).toMatchObject({ meters: { registered: 1, heardToday: 1 }, sms: { sources: { sms: 1, both: 0 } } })
    const { stdout } = await here('--config', join(directory, 'varmesky.yaml'), 'report', 'silent', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ heardEver: 1, heardNever: 0, meters: [] })
    const coverage = await here('--config', join(directory, 'varmesky.yaml'), 'report', 'coverage', '--json')
    expect(JSON.parse(coverage.stdout)).toMatchObject({ registered: 0, bySms: 1, never: 0, meters: [] })
  })

  it('and by radio is shown by both until a person ends the way by SMS', async () => {
    const config = ['--config', join(directory, 'varmesky.yaml')]
    const states = async (): Promise<string[]> =>
      JSON.parse((await here(...config, 'sms', 'sources', '--json')).stdout).map(({ state }: { state: string }) => state)
    modem.deliver(sms(textOf('1'), '06:15:30'))
    await accepted(1)
    expect(await states()).toEqual(['sms'])
    hear(114_931_000)
    expect(await states()).toEqual(['both'])
    expect((await here(...config, 'status')).stdout).toContain('1 by radio as well, or replaced (varmesky sms sources)')
    modem.deliver(sms(textOf('2'), '07:15:30'))
    await accepted(2)
    expect(await here(...config, 'sms', 'supersede', '5300279')).toMatchObject({ status: 0 })
    expect(await states()).toEqual(['ended'])
    modem.deliver(sms(textOf('3'), '08:15:30'))
    await vi.waitFor(() => expect(gateway!.store.sms.counts()).toMatchObject({ accepted: 2, rejected: 1, quarantine: 0 }), PATIENCE)
    expect(await here(...config, 'sms', 'ask', METER)).toMatchObject({ status: 3 })
    await stop()
    expect(await states()).toEqual(['ended'])
  })

  it('and sends by radio under another name, which has that of its module as an alias, is one meter', async () => {
    const config = ['--config', join(directory, 'varmesky.yaml')]
    const { manufacturer, id } = SENDER
    const radio = { ...SENDER, id: '71000001' }
    gateway!.store.meters.remove(METER)
    gateway!.store.meters.put([{ meter: `${manufacturer}-${radio.id}`, wired: [id] }])
    modem.deliver(sms(textOf('114931.6'), '06:15:30'))
    await accepted(1)
    hear(114_931_000, radio)
    const { stdout } = await here(...config, 'sms', 'sources', '--json')
    expect(JSON.parse(stdout)).toMatchObject([{ meter: 'KAM-71000001', state: 'both', lastRadio: expect.any(String) }])
    expect(await here(...config, 'sms', 'supersede', id)).toMatchObject({ status: 0 })
    expect(gateway!.status().sms?.sources).toEqual({ sms: 0, both: 0 })
    expect((await afterwards()).map(({ meter }) => meter.id)).toEqual(['71000001'])
  })

  it('and was replaced is in quarantine, and shown until its way has ended', async () => {
    const config = ['--config', join(directory, 'varmesky.yaml')]
    modem.deliver(sms(textOf('1'), '06:15:30'))
    await accepted(1)
    gateway!.store.meters.put([{ meter: 'KAM-71000001' }])
    const replace = ['meters', 'replace', METER, 'KAM-71000001', '--closing', 'energy=1MWh', '--opening', 'energy=0kWh']
    expect(await here(...config, ...replace)).toMatchObject({ status: 0 })
    modem.deliver(sms(textOf('2'), '07:15:30'))
    await vi.waitFor(() => expect(gateway!.store.sms.list({ state: 'quarantine' })).toMatchObject([{ reason: 'sms.replaced' }]), PATIENCE)
    const { stdout } = await here(...config, 'sms', 'sources', '--json')
    expect(JSON.parse(stdout)).toMatchObject([{ meter: METER, state: 'replaced', replacedBy: 'KAM-71000001' }])
    expect(await here(...config, 'sms', 'supersede', METER)).toMatchObject({ status: 0 })
    expect(gateway!.status().sms?.sources).toEqual({ sms: 0, both: 0 })
  })

  it('by strangers is an event, once an hour', async () => {
    modem.deliver(sms(textOf('7.1'), '23:50:00', '+4587654321'))
    modem.deliver(sms('Din saldo er 12 kr.', '23:51:00'))
    await vi.waitFor(() => expect(gateway!.store.sms.counts().quarantine).toBe(2), PATIENCE)
    await stop()
    const told = logged.filter((line) => line.includes('sms.quarantine'))
    expect(told.map((line) => JSON.parse(line))).toMatchObject([{ event: 'sms.quarantine', messages: expect.any(Number) }])
  })

  it('is seen in the status, and nothing it says is in the log', async () => {
    modem.deliver(sms(textOf('114931.6'), '06:15:30'))
    modem.deliver(sms('Din saldo er 12 kr.', '06:16:30', '+4587654321'))
    await accepted(1)
    await vi.waitFor(() => expect(gateway!.store.sms.counts().quarantine).toBe(1), PATIENCE)
    await vi.waitFor(() => expect(gateway!.status().sms?.modem).toMatchObject({ state: 'receiving', signalDbm: -79 }), PATIENCE)
    const { stdout } = await here('--config', join(directory, 'varmesky.yaml'), 'status')
    expect(stdout).toMatch(/sms +modem (?:receiving|setting up|waiting|opening).*1 message accepted; 1 in quarantine/)
    await stop()
    const log = logged.join('')
    expect(log).toContain('sms.sender')
    for (const secret of ['20123456', '87654321', '114931', 'saldo', '5300279,']) expect(log).not.toContain(secret)
  })

  it('that answers only is asked by hand, and its answer is a reading', async () => {
    const config = ['--config', join(directory, 'varmesky.yaml')]
    await vi.waitFor(() => expect(gateway!.status().sms?.modem?.registration).toBe('home'), PATIENCE)
    expect(modem.sent()).toEqual([])
    await vi.waitFor(async () => expect(await here(...config, 'sms', 'ask', '5300279')).toMatchObject({ status: 0 }), PATIENCE)
    expect(modem.sent()).toHaveLength(1)
    modem.deliver(sms(textOf('114931.6'), '06:15:30'))
    await accepted(1)
    expect(gateway!.status().sms?.asking).toMatchObject({ sent: 1, answered: 1 })
    expect(await here(...config, 'sms', 'ask', '9999')).toMatchObject({ status: 2 })
    modem.close()
    await vi.waitFor(() => expect(gateway!.status().sms?.modem?.trouble).toContain('no such device'), PATIENCE)
    expect(await here(...config, 'sms', 'ask', '5300279')).toMatchObject({ status: 3, stderr: expect.stringContaining('not ready') })
  })

  it('takes a new list of senders at the next message, and keeps the last where it is wrong', async () => {
    writeFileSync(join(directory, 'senders.csv'), `${FROM};KAM\n`)
    modem.deliver(sms(textOf('1'), '06:15:30'))
    await accepted(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    writeFileSync(join(directory, 'senders.csv'), '+4511111111;KAM;5300279\n')
    modem.deliver(sms(textOf('2'), '06:16:30', '+4511111111'))
    await accepted(2)
    expect(readFileSync(join(directory, 'senders.csv'), 'utf8')).toContain('+4511111111')
  })
})

describe('a configuration for SMS', () => {
  const problemsOf = async (lines: string): Promise<string> => {
    const file = join(directory, 'other.yaml')
    writeFileSync(file, `gateway: box\nsms:\n${lines}`)
    const { stdout, stderr } = await here('--config', file, 'config', 'check')
    return stdout + stderr
  }

  it('needs somewhere to get messages from, and senders', async () => {
    expect(await problemsOf('  senders: s.csv\n')).toContain('sms.modem: is missing: give a modem, or a spool directory')
    expect(await problemsOf('  modem: /dev/ttyUSB2\n')).toContain('sms.senders: is required')
    expect(await problemsOf('  modem: /dev/ttyUSB2\n  senders: s.csv\n  pinFile: "4711"\n')).toContain(
      'the PIN itself does not belong here',
    )
    expect(await problemsOf('  modem: /dev/ttyUSB2\n  senders: s.csv\n  pinFile: "4711"\n')).not.toContain('4711')
  })

  it('is checked for what the daemon would not start with', async () => {
    const base = '  modem: /dev/ttyUSB2\n  senders: senders.csv\n'
    expect(await problemsOf(base)).toContain('note: /dev/ttyUSB2 is not there')
    expect(await problemsOf(`${base}  formats: [{ name: x, match: "(?<energy>1)" }]\n`)).toContain(
      'sms.formats: "x" gives "energy" no unit',
    )
    expect(await problemsOf(`${base}  ask: { at: "05:00", command: "læs m³" }\n`)).toContain('sms.ask.command: must be')
    writeFileSync(join(directory, 'senders.csv'), '+4587654321;KAM\n')
    const wrong = await problemsOf(base)
    expect(wrong).toContain('senders.csv: line 1 is not of the form')
    expect(wrong).not.toContain('87654321')
    expect(await problemsOf('  modem: /dev/ttyUSB2\n  senders: none.csv\n')).toContain('none.csv is not there')
  })
})
