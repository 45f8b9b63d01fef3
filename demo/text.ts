/** What the demo says, line by line. */
import { stripVTControlCharacters } from 'node:util'
import type { DailyReading } from '../src/readings/daily-reading.ts'
import { meterOf } from './billing.ts'
import { DAYS, nameOf, RESIDENTS, type Resident, TRANSMISSIONS, telegramOf } from './city.ts'
import { ZELSIUS } from './models.ts'
import { bold, cyan, dim, green, yellow } from './screen.ts'
import type { Stage } from './stage.ts'

/** Title and width; a negative width aligns to the right. */
const COLUMNS = [
  ['day', 6],
  ['meter', 12],
  ['brand', 21],
  ['energy', -11],
  ['volume', -11],
  ['evidence', 8],
  ['midnight', -8],
  ['id', 0],
] as const

const BRANDS = new Map(RESIDENTS.map((resident) => [nameOf(resident), resident.model.brand]))
const longDay = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const wallTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Europe/Copenhagen',
  timeZoneName: 'short',
})

const lengthOf = (styled: string): number => stripVTControlCharacters(styled).length

/** What a terminal of 80 columns has room for; there the last two columns are left out. */
const NARROW = 6
const WIDE_FROM = 103
const shownColumns = (process.stdout.columns ?? WIDE_FROM) < WIDE_FROM ? NARROW : COLUMNS.length

const row = (...cells: readonly string[]): string =>
  cells
    .slice(0, shownColumns)
    .map((cell, i) => {
      const width = COLUMNS[i]![1]
      const fill = ' '.repeat(Math.max(Math.abs(width) - lengthOf(cell), 0))
      return width < 0 ? fill + cell : cell + fill
    })
    .join('  ')

export const intro = (): string[] => [
  `${bold('Varmesky')}  four days of a small city, told by its heat meters`,
  `${green('real')}      serial port, decryption, decoding, SQLite, control socket, MQTT broker`,
  `${yellow('emulated')}  iM871A stick on a pty, ${RESIDENTS.length} meters and their days, a clock that leaps`,
]

export const heading = (): string => dim(row(...COLUMNS.map(([title]) => title)))

export function dayLine(day: string): string {
  const { from, to } = DAYS.find((d) => d.day === day)!
  const hours = (to - from) / 3_600_000
  return `${bold(longDay.format(Date.parse(day)))}${hours === 24 ? '' : yellow(`  ${hours} hours: the clocks go back`)}`
}

const KINDS: Readonly<Record<string, (text: string) => string>> = { boundary: green, early: yellow }

export function readingLine(reading: DailyReading): string {
  const { registers, evidence, day, id } = reading
  const meter = meterOf(reading)
  const value = (name: string): string => `${registers[name]?.value} ${registers[name]?.unit}`
  const kind = (KINDS[evidence.kind] ?? cyan)(evidence.kind)
  return row(
    shortDay.format(Date.parse(day)),
    meter,
    BRANDS.get(meter) ?? '',
    bold(value('energy')),
    value('volume'),
    kind,
    offsetText(evidence.offsetSeconds),
    dim(id.split('/').at(-1)!),
  )
}

/** `−6:02:11`, `+0:07`: hours only where there are any. */
function offsetText(seconds: number): string {
  const away = Math.abs(seconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(away / 3600)
  const minutes = Math.floor((away % 3600) / 60)
  return `${seconds < 0 ? '−' : '+'}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(away % 60)}`
}

export const gapLine = (day: string, resident: Resident): string =>
  `${row(shortDay.format(Date.parse(day)), nameOf(resident), resident.model.brand)}   ${yellow('no reading')}  ${dim(resident.gap ?? '')}`

export function counters(utcMs: number, { gateway, stored, published }: Stage): string {
  const { outcomes } = gateway.status()
  const heard = Object.values(outcomes).reduce((sum, n) => sum + n)
  const { observation: decoded, duplicate: duplicates, unlisted: neighbours } = outcomes
  const told = Object.entries({ heard, decoded, duplicates, neighbours, stored: stored(), published: published() })
  return [cyan(wallTime.format(utcMs).replace(',', '')), ...told.map(([name, n]) => `${dim(name)} ${String(n).padStart(2)}`)].join('  ')
}

/** A plain telegram, so that the first command needs no key. */
const SAMPLE = TRANSMISSIONS.find(({ by, damaged, repeated }) => by.model === ZELSIUS && !damaged && !repeated)!

const NEXT: readonly (readonly [about: string, command: string])[] = [
  ['one of these telegrams', `npx varmesky decode ${Buffer.from(telegramOf(SAMPLE)).toString('hex').toUpperCase()}`],
  ['a gateway of your own', 'npx varmesky init --directory trial --gateway desk'],
  ['how fast it is', 'npm run bench'],
  ['what it promises', 'npm test'],
]

export const nextLines = (): string[] => [bold('Try next'), ...NEXT.map(([about, command]) => `  ${dim(about.padEnd(22))}  ${command}`)]
