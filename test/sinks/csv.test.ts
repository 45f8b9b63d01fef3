import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dailyReading, draft } from '../../src/readings/close.ts'
import { csvSink } from '../../src/sinks/csv.ts'
import { inUnit, STYLES, type Style } from '../../src/sinks/csv-columns.ts'
import type { Outgoing } from '../../src/sinks/sink.ts'
import { COPENHAGEN, MINUTE, observation } from '../readings/observations.ts'

const DAY = '2026-11-23'
const MIDNIGHT = Date.UTC(2026, 10, 23, 23)
const never = new AbortController().signal
let directory = ''
let seq = 0
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-csv-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const reading = (meter: string, kWh: number, awayMs = 0, installation: string | null = null, unit = 'kWh'): Outgoing => {
  const o = observation(MIDNIGHT + awayMs, kWh, {
    meter,
    measurements: [
      { name: 'energy', kind: 'register', raw: kWh, exponent: 0, unit },
      { name: 'volume', kind: 'register', raw: 223249, exponent: -2, unit: 'm3' },
    ],
  })
  const quality = () => ({ state: 'valid', flags: [] }) as const
  const boundary = { day: DAY, utcMs: MIDNIGHT, toleranceMs: 15 * MINUTE, timeZone: COPENHAGEN }
  const context = { boundary, gateway: 'vest', installation, include: ['registers'], quality } as const
  return { seq: ++seq, ...draft(dailyReading(o, context)) }
}
const dayEnds = (day = DAY): Outgoing => ({ seq: ++seq, kind: 'day', id: `vest/${day}`, meter: null, day, body: '{}' })
const sink = (style: Style = STYLES.danish) => csvSink({ directory, gateway: 'vest', style })
const files = (): string[] => readdirSync(directory).sort()
const read = (file: string, encoding: BufferEncoding = 'utf8') => readFileSync(join(directory, file), encoding)

describe('a CSV file of a day', () => {
  it('appears whole once the day has ended, as a Danish spreadsheet reads it', async () => {
    const csv = sink()
    await csv.open(never)
    const sent = [reading('KAM-07134348', 79847), reading('KAM-07134347', 79846, 4000, '4711-02')]
    expect(await csv.send(sent, never)).toEqual({ results: ['accepted', 'accepted'] })
    expect(files()).toEqual([`.vest_${DAY}.part`])
    expect(await csv.send([dayEnds()], never)).toEqual({ results: ['accepted'] })
    expect(files()).toEqual([`vest_${DAY}.csv`])
    const text = read(`vest_${DAY}.csv`)
    expect(text.startsWith('\ufeffMålernummer;Fabrikat;Installation;Aflæsningsdato;')).toBe(true)
    const [, first, second] = text.split('\r\n')
    expect(first).toMatch(/^07134347;KAM;4711-02;23-11-2026;79846;kWh;2232,49;;;boundary;valid;;KAM-07134347\/2026-11-23\/[0-9a-f]{12}$/)
    expect(second).toMatch(/^07134348;KAM;;/)
  })

  it('has of each meter the reading that counts, however often and in whatever order it was sent', async () => {
    const csv = sink(STYLES.plain)
    const [early, near] = [reading('KAM-1', 1, -3_600_000), reading('KAM-1', 2, 1000)]
    await csv.send([near, early, near], never)
    await csv.send([early], never)
    await csv.send([dayEnds()], never)
    const rows = parse(read(`vest_${DAY}.csv`), { columns: true }) as Record<string, string>[]
    expect(rows.map(({ energy, evidence }) => [energy, evidence])).toEqual([['2', 'boundary']])
  })

  it('is not touched any more: what comes later makes another file', async () => {
    const csv = sink()
    await csv.send([reading('KAM-1', 1), dayEnds(), reading('KAM-2', 2), dayEnds()], never)
    expect(files()).toEqual([`vest_${DAY}.csv`, `vest_${DAY}_2.csv`])
    expect(read(`vest_${DAY}_2.csv`)).toContain('KAM-2/')
    expect(read(`vest_${DAY}_2.csv`)).not.toContain('KAM-1/')
  })

  it('is the same one when the day is told again after a crash in the middle', async () => {
    const csv = sink()
    const sent = [reading('KAM-1', 1)]
    await csv.send([...sent, dayEnds()], never)
    // The file was there, but not yet acknowledged, nor what it was made of removed.
    await csv.send([...sent, dayEnds()], never)
    expect(files()).toEqual([`vest_${DAY}.csv`])
  })

  it('survives a line that a power cut left in the middle', async () => {
    const csv = sink()
    await csv.send([reading('KAM-1', 1)], never)
    appendFileSync(join(directory, `.vest_${DAY}.part`), '{"id":"KAM-2/')
    await csv.send([dayEnds()], never)
    expect(read(`vest_${DAY}.csv`)).toContain('KAM-1/')
  })

  it('is written in the encoding, with the columns and in the unit that are asked for', async () => {
    const columns = [
      { name: 'Måler', value: 'meter.id' },
      { name: 'MWh', value: 'registers.energy', unit: 'MWh' },
    ]
    const csv = sink({ ...STYLES.danish, encoding: 'latin1', separator: '\t', columns })
    await csv.send([reading('KAM-1', 79846), dayEnds()], never)
    expect(read(`vest_${DAY}.csv`, 'latin1')).toBe('Måler\tMWh\r\n1\t79,846\r\n')
  })

  it('refuses the reading whose unit is of another family, and only that', async () => {
    const columns = [{ name: 'kWh', value: 'registers.energy', unit: 'kWh' }]
    const csv = sink({ ...STYLES.plain, columns })
    expect(await csv.send([reading('KAM-1', 5), reading('KAM-2', 7, 0, null, 'GJ'), dayEnds()], never)).toEqual({
      results: ['accepted', 'refused', 'accepted'],
      reason: 'registers.energy of KAM-2 is in GJ, and the column "kWh" wants kWh',
    })
    expect(read(`vest_${DAY}.csv`)).toBe('kWh\r\n5\r\n')
  })

  it('has no text in it that a spreadsheet would run', async () => {
    const csv = sink(STYLES.plain)
    await csv.send([reading('KAM-1', 1, 0, '=cmd()'), dayEnds()], never)
    expect(read(`vest_${DAY}.csv`)).toContain(`,'=cmd(),`)
  })

  it('does not open where it cannot be written', async () => {
    writeFileSync(join(directory, 'file'), '')
    const csv = csvSink({ directory: join(directory, 'file'), gateway: 'vest', style: STYLES.plain })
    await expect(csv.open(never)).rejects.toThrow(/cannot write to .*file: make it/)
    chmodSync(directory, 0o700)
  })
})

describe('units of a column', () => {
  it.each([
    ['79846', 'kWh', 'MWh', '79.846'],
    ['1.5', 'MWh', 'kWh', '1500'],
    ['114.9316', 'MWh', 'kWh', '114931.6'],
    ['-0.5', 'GJ', 'MJ', '-500'],
    ['0', 'kWh', 'MWh', '0.000'],
    ['5', 'm3', 'm3', '5'],
    ['5', 'GJ', 'kWh', null],
    ['5', 'm3', 'l', null],
  ])('%s %s in %s is %s', (value, from, to, expected) => expect(inUnit(value, from, to)).toBe(expected))

  it('move the point only', () => {
    const value = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.nat({ max: 6 })).map(([raw, places]) => {
      const digits = String(raw).padStart(places + 1, '0')
      return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
    })
    fc.assert(
      fc.property(value, (v) => {
        expect(inUnit(inUnit(v, 'kWh', 'MWh')!, 'MWh', 'kWh')).toBe(v)
      }),
    )
  })
})
