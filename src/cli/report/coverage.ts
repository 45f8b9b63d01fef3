import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import type { ReceptionState } from '../../memory/reception.ts'
import { type Compared, type Coverage, compared, coverage, type Limit } from '../../reports/coverage.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { screenOn } from '../listen/screen.ts'
import { count } from '../output.ts'
import { smsSourceRows } from '../sms/source-rows.ts'
import { ageText } from '../status/text.ts'
import { ask, registeredMeters } from '../store-access.ts'
import { put, type Report, type ReportOptions, reportText, withForms } from './output.ts'

interface Options extends ReportOptions {
  readonly compare?: readonly string[]
  readonly watch?: true
}

export const reportCoverage: Attach = (parent) =>
  void withForms(parent.command('coverage'))
    .description('how the antenna covers the meters: who is heard, how strongly, and what limits it')
    .option('--compare <file...>', 'what has changed since a report saved with --json; two files: from the one to the other')
    .option('--watch', 'drawn anew every few seconds, until it is interrupted')
    .action(async (options: Options, command) => {
      const [before, after, ...more] = (options.compare ?? []).map(saved)
      if (more.length > 0) throw failure('usage', 'Name one or two saved reports.')
      if (options.watch) return watch(command, before)
      const now = after ?? (await coverageNow(command))
      put(options, before ? change(compared(before, now)) : report(now))
    })

/** What the daemon has received, of the meters in service; it keeps that in RAM only. */
async function coverageNow(command: Command): Promise<Coverage> {
  const config = configOf(command)
  const answer = await ask(config, 'reception', {})
  if (answer === null)
    throw failure(
      'unreachable',
      'How meters are received is in the RAM of the daemon, and it is not running:  sudo systemctl start varmesky',
    )
  const inService = registeredMeters(config).filter(({ retiredAt }) => retiredAt === null)
  const smsAlone = (await smsSourceRows(config)).filter(({ state }) => state === 'sms').map(({ meter }) => meter)
  return coverage(inService, answer.result as ReceptionState, new Set(smsAlone))
}

function saved(file: string): Coverage {
  const found = read(file)
  if (found && typeof found === 'object' && 'tenTimes' in found && 'meters' in found) return found as Coverage
  throw failure('failed', `${file} is no saved report: make one with  varmesky report coverage --json > ${file}`)
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw failure('failed', `${file} cannot be read: ${(error as Error).message}`)
  }
}

const DRAWN_MS = 5000

async function watch(command: Command, before: Coverage | undefined): Promise<void> {
  if (!process.stdout.isTTY) throw failure('usage', '--watch needs a terminal: without it the report is told once.')
  const screen = screenOn(process.stdout, 'a taller terminal, or the report without --watch')
  const clock = systemClock()
  for (;;) {
    const now = await coverageNow(command)
    const shown = before ? change(compared(before, now)) : report(now)
    screen.draw(shown.summary, reportText({ ...shown, summary: '' }).trim())
    await new Promise<void>((over) => clock.after(DRAWN_MS, over))
  }
}

const percent = (share: number | null): string => (share === null ? '?' : `${(100 * share).toFixed(1)} %`)

const LIMITS: Readonly<Record<Limit, string>> = {
  distance: 'distance: the weak are heard much less often than the strong. A better place, a better antenna or another receiver helps',
  collisions: 'collisions: even the strongest lose telegrams. A better antenna does not help; several receivers that each hear less do',
  both: 'distance and collisions: several receivers, each near its meters, help',
  neither: 'nothing: the strongest and the weakest come through',
  unknown: 'not known yet: it takes 8 meters with dBm that count their telegrams',
}

const report = (found: Coverage): Report => {
  const { load, histogram } = found
  const fewest = Math.max(1, ...histogram.map(({ meters }) => meters))
  const bars = histogram.map(
    ({ from, meters }) =>
      `${String(from).padStart(6)} dBm  ${String(meters).padStart(5)}  ${'#'.repeat(Math.ceil((40 * meters) / fewest))}`,
  )
  const rows = found.meters.map((m) => [m.meter, m.installation, m.telegrams, m.rssi])
  const summary = [
    `heard ${found.heard} of ${count(found.registered, 'meter')} in ${ageText(1000 * found.seconds)}: ${found.tenTimes} ten times or more, ${found.never} never`,
    ...(found.bySms > 0 ? [`${count(found.bySms, 'meter')} by SMS alone, which no antenna is to hear (varmesky sms sources)`] : []),
    `${count(found.telegrams, 'telegram')} of all meters, ${found.damaged} with a wrong CRC${found.unknownMode > 0 ? `, ${found.unknownMode} of unknown mode, counted as C1` : ''}`,
    `channel: received ${percent(load.received)} of the time, offered ${percent(load.offered)}; undisturbed by ALOHA ${percent(load.undisturbed)}`,
    `received of the strongest quarter ${percent(load.strongest)}, of the weakest ${percent(load.weakest)}`,
    `what limits: ${LIMITS[load.limit]}`,
    ...(bars.length > 0 ? ['', ...bars] : []),
  ]
  return { json: found, columns: ['meter', 'installation', 'telegrams', 'dbm'], rows, summary: summary.join('\n') }
}

const change = (found: Compared): Report => ({
  json: found,
  columns: ['meter', 'installation', 'change', 'dbm_before', 'dbm_after'],
  rows: found.meters.map((m) => [m.meter, m.installation, m.change, m.before, m.after]),
  summary: (['before', 'after'] as const)
    .map((when) => {
      const { heard, registered, seconds, tenTimes, never, damaged } = found[when]
      return `${when.padEnd(6)}  heard ${heard} of ${registered} in ${ageText(1000 * seconds)}: ${tenTimes} ten times or more, ${never} never, ${damaged} wrong CRCs`
    })
    .join('\n'),
})
