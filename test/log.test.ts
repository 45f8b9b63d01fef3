import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLog, isJournal, type LogOptions, perMeter, silentLog } from '../src/log.ts'

const KEY = 'C2E387277E39C9D821F3B05E1616F87C'

/** What a log writes, as text and as objects. */
const logging = (options: LogOptions = {}) => {
  const lines: string[] = []
  const log = createLog({ ...options, to: { write: (line) => void lines.push(line) } })
  return { log, text: () => lines.join(''), entries: () => lines.map((line) => JSON.parse(line)) }
}

test('one JSON object per line, from its level on', () => {
  const { log, entries } = logging({ level: 'warn' })
  log.debug({}, 'no')
  log.info({}, 'no')
  log.warn({ receiver: 'mast' }, 'silent for an hour')
  log.error({ err: new Error('gone') }, 'the port failed')
  expect(entries()).toMatchObject([
    { level: 'warn', receiver: 'mast', msg: 'silent for an hour', time: expect.stringMatching(/^\d{4}-.*Z$/) },
    { level: 'error', err: { type: 'Error', message: 'gone' }, msg: 'the port failed' },
  ])
})

test('fields that hold secrets are hidden, however deep, and their bytes too', () => {
  const { log, text, entries } = logging()
  const named = Object.fromEntries(
    ['key', 'aesKey', 'keys', 'kek', 'dek', 'password', 'mqttPassword', 'pin', 'PIN', 'secret', 'token'].map((name) => [name, 'hunter2']),
  )
  log.info({ ...named, deep: { list: [named, { bytes: Buffer.from(KEY, 'hex') }] } }, 'x')
  expect(text()).not.toContain('hunter2')
  expect(entries()[0]).toMatchObject({
    key: '[hidden]',
    pin: '[hidden]',
    deep: { list: [{ password: '[hidden]' }, { bytes: '[16 bytes]' }] },
  })
})

test('what looks like a key is hidden wherever it stands; check values and telegrams are not', () => {
  const { log, text } = logging()
  log.info({ note: KEY, err: new Error(`bad ${KEY.toLowerCase()}`), keyCheck: '6E71B0', telegram: `2E44${KEY}7A` }, `meter said ${KEY}`)
  expect(text().toUpperCase().replaceAll(`2E44${KEY}7A`, '')).not.toContain(KEY)
  expect(text()).toContain('"keyCheck":"6E71B0"')
  expect(text()).toContain(`2E44${KEY}7A`)
})

test('what cannot be walked to its end is cut', () => {
  const { log, text } = logging()
  const ring: Record<string, unknown> = { password: 'hunter2' }
  ring['self'] = ring
  log.info({ ring }, 'x')
  expect(text()).not.toContain('hunter2')
})

test('hashed meter ids: the same meter has the same pseudonym, in this process only', () => {
  const { log, text, entries } = logging({ meterIds: 'hashed' })
  log.info({ meter: 'KAM-07134347' }, 'KAM-07134347 heard')
  log.info({ meter: 'KAM-07134348' }, 'x')
  const [first, second] = entries()
  expect(first.msg).toBe(`${first.meter} heard`)
  expect(first.meter).toMatch(/^meter-[0-9a-f]{10}$/)
  expect(second.meter).not.toBe(first.meter)
  expect(text()).not.toMatch(/0713434/)
  const other = logging({ meterIds: 'hashed' })
  other.log.info({ meter: 'KAM-07134347' }, 'x')
  expect(other.entries()[0].meter).not.toBe(first.meter)
})

test('a silent log says nothing and needs nothing', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(silentLog[level]({}, 'x')).toBeUndefined()
})

test('for the journal each line begins with the priority of syslog', () => {
  const { log, text } = logging({ level: 'debug', priorities: true })
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level)
  expect(
    text()
      .match(/^<\d>\{.*$/gm)
      ?.map((line) => [line[1], JSON.parse(line.slice(3)).msg]),
  ).toEqual([
    ['7', 'debug'],
    ['6', 'info'],
    ['4', 'warn'],
    ['3', 'error'],
  ])
})

test('it is the journal only where systemd says that this very file is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-log-'))
  const file = openSync(join(directory, 'stream'), 'w')
  const { dev, ino } = fstatSync(file)
  expect(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true)
  expect(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false)
  expect(isJournal(file, {})).toBe(false)
  closeSync(file)
  rmSync(directory, { recursive: true })
})

test('the same sentence about the same meter stands once an hour, and says how often it was left out', () => {
  const { log, entries } = logging()
  let nowMs = 0
  const quiet = perMeter(log, () => nowMs)
  for (let n = 0; n < 50; n++) quiet.warn({ meter: 'KAM-07134347' }, 'again')
  quiet.warn({ meter: 'KAM-07134348' }, 'again')
  quiet.warn({ receiver: 'mast' }, 'again')
  quiet.warn({ receiver: 'mast' }, 'again')
  nowMs = 3_600_000
  quiet.warn({ meter: 'KAM-07134347' }, 'again')
  expect(entries()).toMatchObject([
    { meter: 'KAM-07134347' },
    { meter: 'KAM-07134348' },
    { receiver: 'mast' },
    { receiver: 'mast' },
    { meter: 'KAM-07134347', leftOut: 49 },
  ])
})
