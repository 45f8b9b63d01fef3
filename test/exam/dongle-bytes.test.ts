/**
 * What real sticks sent and were sent, kept outside this repository: VARMESKY_EXAM names the directory of `dongle_bytes.json`, whose
 * rows say what is in the bytes. Those are read by the dialects, the telegrams by the pipeline's own framing.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { im871aEmulator } from '../../demo/im871a-stick.ts'
import type { Dialect, DialectContext } from '../../src/receivers/dialect.ts'
import { STICKS, type Stick } from '../../src/receivers/sticks/sticks.ts'
import { rtlWmbus } from '../../src/receivers/streams/rtl-wmbus.ts'
import { idText } from '../../src/wmbus/address.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { LinkMode, Telegram } from '../../src/wmbus/telegram.ts'
import { AMBER_PARAMETERS, amberEmulator } from '../receivers/emulators/amber.ts'
import { culEmulator } from '../receivers/emulators/cul.ts'
import { answering, type Emulator } from '../receivers/emulators/emulator.ts'
import { rc1180Emulator } from '../receivers/emulators/rc1180.ts'
import { speak } from '../receivers/speaking.ts'
import { bytesOf, HEARD, hexOf } from '../receivers/vectors.ts'

interface Row {
  readonly receiver: string
  readonly dir: 'host->device' | 'device->host'
  readonly what: string
  readonly data: string
  readonly telegram?: string
  readonly rssi_dbm?: number
  readonly id?: string
}

const file = join(process.env['VARMESKY_EXAM'] ?? '', 'dongle_bytes.json')
const present = process.env['VARMESKY_EXAM'] !== undefined && existsSync(file)
const rows: readonly Row[] = present ? JSON.parse(readFileSync(file, 'utf8')) : []
const named = rows.map((row, i) => [`${i}: ${row.receiver}, ${row.what}`, row] as const)
const ofDevice = named.filter(([, row]) => row.dir === 'device->host')

/** Its names of receivers that are one of ours by another. */
const SAME: Readonly<Record<string, keyof typeof STICKS>> = { amb8665: 'amb8465' }
const TEXT = ['cul', 'rtlwmbus']

const dialectOf = (receiver: string, context: DialectContext, modes?: readonly LinkMode[]): Dialect => {
  if (receiver === 'rtlwmbus') return rtlWmbus(context)
  const stick: Stick = STICKS[SAME[receiver] ?? (receiver as keyof typeof STICKS)]
  return stick.dialect(context, modes)
}
const inBytes = ({ receiver, data }: Row): Uint8Array => (TEXT.includes(receiver) ? new TextEncoder().encode(`${data}\r\n`) : bytesOf(data))

const read = (row: Row) => {
  const losses = { skipped: 0, badChecksums: 0 }
  const messages: Uint8Array[] = []
  const dialect = dialectOf(row.receiver, { receiver: 'mast', losses })
  const telegrams: Telegram[] = [...dialect.feed(inBytes(row), HEARD, (message) => messages.push(message)), ...dialect.flush(HEARD)]
  return { losses, messages, telegrams }
}

describe.skipIf(!present)('what real sticks sent', () => {
  it.each(ofDevice.filter(([, row]) => row.telegram !== undefined))('%s: is a telegram', (_, row) => {
    const { telegrams, losses } = read(row)
    expect(telegrams).toHaveLength(1)
    const [{ bytes, crc, rssi }] = telegrams as [Telegram]
    const d = decode(bytes, crc, null)
    expect(hexOf(d.bytes)).toBe(row.telegram)
    expect(idText(d.dll!.address!.id).toLowerCase()).toBe(row.id)
    if (row.rssi_dbm !== undefined) expect(rssi).toBe(row.rssi_dbm)
    expect(losses).toEqual({ skipped: 0, badChecksums: 0 })
  })

  it.each(ofDevice.filter(([, row]) => row.telegram === undefined && !/bad|cut|prompt|dump/.test(row.what)))(
    '%s: is an answer',
    (_, row) => {
      const { telegrams, messages, losses } = read(row)
      expect([telegrams, messages.length, losses]).toEqual([[], 1, { skipped: 0, badChecksums: 0 }])
    },
  )

  it.each(ofDevice.filter(([, row]) => /bad|cut/.test(row.what)))('%s: is neither, and counted', (_, row) => {
    const { telegrams, losses } = read(row)
    expect(telegrams).toEqual([])
    expect(losses.skipped + losses.badChecksums).toBeGreaterThan(0)
  })
})

describe.skipIf(!present)('what real sticks were sent', () => {
  const asked = (receiver: string): readonly string[] =>
    rows.filter((row) => row.receiver === receiver && row.dir === 'host->device').map(({ data }) => data.toLowerCase())
  const weAsk = (receiver: string, emulator: Emulator, modes?: readonly LinkMode[]): readonly string[] => {
    const dialect = dialectOf(receiver, { receiver: 'mast', losses: { skipped: 0, badChecksums: 0 } }, modes)
    return speak(dialect, answering(emulator)).asked
  }

  it('is what an iM871A is asked: who it is, how it is set, whether it lives', () => {
    const { alive } = dialectOf('im871a', { receiver: 'mast', losses: { skipped: 0, badChecksums: 0 } })
    const questions = [...weAsk('im871a', im871aEmulator()).slice(0, 2), hexOf(alive!.request()!)]
    expect(asked('im871a')).toEqual(expect.arrayContaining(questions))
  })

  it('is what an Amber stick is asked', () => {
    expect(weAsk('amb8465', amberEmulator(AMBER_PARAMETERS.inUse), ['c1']).toSorted()).toEqual(asked('amb8465').toSorted())
  })

  it('is what a CUL is asked first', () => {
    expect(weAsk('cul', culEmulator())[0]).toBe(Buffer.from(`${asked('cul')[0]?.toUpperCase()}\n`).toString('hex'))
  })

  it('is what an RC1180 is asked first', () => {
    expect(weAsk('rc1180', rc1180Emulator()).slice(0, 2)).toEqual(asked('rc1180'))
    // As far as it was published; the emulator answers with that.
    const dump = ofDevice.find(([, { receiver, what }]) => receiver === 'rc1180' && /dump/.test(what))![1].data.toLowerCase()
    expect(hexOf(answering(rc1180Emulator())(Uint8Array.of(0x00, 0x30))).slice(2, 2 + dump.length)).toBe(dump)
  })
})
