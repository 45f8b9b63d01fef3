import { type Command, Option } from 'commander'
import { type Clock, systemClock } from '../../clock.ts'
import { silentLog } from '../../log.ts'
import { openTape, type Tape } from '../../receivers/tape.ts'
import type { Telegram } from '../../wmbus/telegram.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { print, say } from '../output.ts'
import { toldToStop } from '../told-to-stop.ts'
import { registryOrBuiltIn } from '../types/own-types.ts'
import { listenToDaemon } from './daemon.ts'
import { type Ear, type Hearing, listeningEar } from './hearing.ts'
import { keysIn } from './keys.ts'
import { type Listening, startListening } from './listening.ts'
import { screenOn } from './screen.ts'
import { parseSource } from './source.ts'
import { againText, countersText, isSelected, lineText, receiversText, type Selection, SORTS, selectedText } from './text.ts'

export interface ListenOptions extends Selection {
  readonly keys?: string
  readonly jsonl?: true
  readonly captureRaw?: string
}

export const listen: Attach = (parent) =>
  void parent
    .command('listen')
    .description('what the antenna hears, live: nothing is stored; without arguments what the running daemon hears')
    .argument(
      '[source...]',
      'TYPE:PATH[:BAUD][:MODES], as in im871a:/dev/ttyUSB0:c1,t1, lines:/dev/ttyUSB0:9600, rtl_433:-, hex:tcp://host:port, auto',
    )
    .option('--keys <file>', 'a list of meters with their keys (CSV): also what these measured')
    .addOption(new Option('--sort <column>', 'order of the table').choices(SORTS).default('meter'))
    .option('--filter <text>', 'only meters with this in any column')
    .option('--manufacturer <letters>', 'only meters of this manufacturer, as in KAM')
    .option('--type <text>', 'only meters of this type, as in heat')
    .option(
      '--capture-raw <file>',
      'record every byte to and from the receivers with its time, for a fault that is to be found; "captured:FILE" plays it',
    )
    .option('--jsonl', 'machines: {"at", "receiver", "mode"?, "rssi"?, "telegram"} per telegram')
    .action(async (sources: string[], options: ListenOptions, command: Command) => {
      const { stopped, forget } = toldToStop()
      const listening = sources.length === 0 ? listenToDaemon(options, command, stopped) : listenTo(sources, options, command, stopped)
      await listening.finally(forget)
    })

/** Until every source has ended, or somebody stops it. */
async function listenTo(texts: readonly string[], options: ListenOptions, command: Command, stopped: Promise<unknown>): Promise<void> {
  const sources = texts.map(parseSource)
  const keyOf = options.keys === undefined ? () => undefined : keysIn(options.keys)
  const ear = listeningEar(registryOrBuiltIn(command), keyOf)
  const clock = systemClock('always')
  const onScreen = process.stdout.isTTY && !options.jsonl
  const show = options.jsonl ? showJson : onScreen ? () => {} : showLine
  const counts = { new: 0, repeated: 0, relayed: 0, unaddressed: 0, damaged: 0, hidden: 0 }
  const deliver = (telegram: Telegram): void => {
    const hearing = ear.hear(telegram)
    counts[hearing.kind]++
    if (isShown(hearing, options)) show(hearing, telegram)
    else counts.hidden++
  }
  const log = { ...silentLog, ...(!onScreen && { warn: sayTrouble }), ...(!onScreen && !options.jsonl && { info: sayDevice }) }
  const tape = tapeIn(options.captureRaw, clock)
  const listening = await startListening(sources, { clock, log, tape, deliver, tell: say })
  const finish = onScreen ? liveTable(ear, listening, options, clock) : () => () => {}
  await Promise.race([listening.ended, stopped])
  const drawLast = finish()
  await listening.stop()
  await tape?.close()
  drawLast()
  const tell = options.jsonl ? say : print
  tell(countersText(counts, ear.meters().length, healthOf(listening)))
}

const MOST_RECORDED = 100_000_000

function tapeIn(file: string | undefined, clock: Clock): Tape | null {
  if (file === undefined) return null
  try {
    return openTape({ file, maxBytes: MOST_RECORDED, clock, log: { ...silentLog, warn: sayTrouble, error: sayTrouble } })
  } catch (error) {
    throw failure('failed', (error as Error).message)
  }
}

const healthOf = ({ receivers }: Listening) => receivers.map((receiver) => receiver.health())

/** A telegram of no meter is shown where nothing is asked for by name. */
const isShown = ({ meter, kind }: Hearing, options: Selection): boolean =>
  meter === null
    ? kind === 'damaged' || [options.filter, options.manufacturer, options.type].every((part) => part === undefined)
    : isSelected(meter, options)

const sayTrouble = (fields: object, message: string): void => {
  const { receiver, file } = fields as { receiver?: string; file?: string }
  say(`${receiver ?? file}: ${message}`)
}

/** What it is, and what it was set to. */
const sayDevice = (fields: object, message: string): void => {
  const { receiver, device } = fields as { receiver?: string; device?: string }
  if (device !== undefined) say(`${receiver}: ${message}: ${device}`)
}

const timeOf = ({ heard }: Telegram): string | null => (heard.utcMs === null ? null : new Date(heard.utcMs).toISOString())

/** A telegram once, and a short line for each other receiver that heard it. */
function showLine({ meter, kind, by }: Hearing, telegram: Telegram): void {
  if (meter === null) return
  const isAnother = kind === 'relayed' || telegram.receiver !== by[0]?.receiver
  if (kind === 'new') print(lineText(meter, telegram, timeOf(telegram)))
  else if (isAnother) print(againText(meter, telegram, timeOf(telegram), kind === 'relayed'))
}

/** Every telegram whose bytes are right, as often as it comes. */
function showJson({ bytes }: Hearing, telegram: Telegram): void {
  const { receiver, mode, rssi } = telegram
  if (bytes.length === 0) return
  const hex = Buffer.from(bytes).toString('hex')
  print(JSON.stringify({ at: timeOf(telegram), receiver, ...(mode !== null && { mode }), ...(rssi !== null && { rssi }), telegram: hex }))
}

const REDRAWN_MS = 500

/** The table, drawn anew as time goes on, until what is returned is called; what that returns draws it for the last time and in full, with the receivers as they were. */
function liveTable(ear: Ear, listening: Listening, options: Selection, clock: Clock): () => () => void {
  const screen = screenOn(process.stdout)
  const head = (): string => receiversText(healthOf(listening))
  const draw = (): void => screen.draw(head(), selectedText(ear.meters(), options, clock.monotonicMs()))
  draw()
  const cancel = clock.every(REDRAWN_MS, draw)
  return () => {
    cancel()
    const last = head()
    return () => screen.finish(last, selectedText(ear.meters(), options, clock.monotonicMs()))
  }
}
