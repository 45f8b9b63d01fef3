import { existsSync, readFileSync } from 'node:fs'
import { type Clock, systemClock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { serialPort } from '../../receivers/ports/serial.ts'
import { messageJson, type SmsMessage } from '../../sms/message.ts'
import { startModem } from '../../sms/modem/modem.ts'
import type { Pin } from '../../sms/modem/setup.ts'
import { joinParts } from '../../sms/parts.ts'
import { PDU_FAULTS } from '../../sms/pdu/fault.ts'
import { hashOf } from '../../sms/pdu/hash.ts'
import { decodePdu, isPdu } from '../../sms/pdu/pdu.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { askPin, canAsk } from '../input.ts'
import { count, say } from '../output.ts'
import { smsText } from './text.ts'

interface Options {
  readonly jsonl?: true
  readonly delete?: true
  readonly pinFile?: string
}

export const smsListen: Attach = (parent) =>
  void parent
    .command('listen')
    .description('show the messages a modem has and gets, until it is told to stop; needs no configuration')
    .argument('<path>', 'the serial port of the modem: /dev/serial/by-id/…')
    .option('--jsonl', 'one JSON object per message')
    .option('--delete', 'delete each message from the modem once it was shown; without, all of them stay there')
    .option('--pin-file <file>', 'a file with the PIN of the SIM; it is given once')
    .action(listen)

/** Messages go by while this many are remembered: without --delete the modem shows them again and again. */
const MOST_REMEMBERED = 10_000
const PARTS = { lifetimeMs: 3_600_000, most: 1_000 }

async function listen(path: string, options: Options): Promise<void> {
  const pin = pinOf(options)
  const clock = systemClock('always')
  const show = shower(options, clock)
  const modem = startModem({
    port: serialPort(path, 115_200, clock),
    at: path,
    pin,
    deletes: options.delete === true,
    clock,
    log: troublesOnly,
    commit: show,
  })
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  void modem.start().then(() => modem.health().state === 'receiving' && say(`receiving${signalText(modem.health().signalDbm)}`))
  await stopped
  await modem.stop()
}

const signalText = (dbm: number | null): string => (dbm === null ? '' : `, ${dbm} dBm`)

/** What stands in the way is said in words; there is no log. */
const tell = (_: object, words: string): void => say(words)
const troublesOnly: Log = { debug() {}, info() {}, warn: tell, error: tell }

/** The PIN is tried once in a run. */
function pinOf({ pinFile }: Options): Pin {
  const file = pinFile
  if (file !== undefined && !existsSync(file))
    throw failure('usage', '--pin-file takes the path of a file; the PIN itself is never typed on the command line')
  const fromFile = file === undefined ? null : readFileSync(file, 'utf8').trim()
  if (fromFile !== null && !/^\d{4,8}$/.test(fromFile)) throw failure('usage', 'the file of --pin-file must hold a PIN: 4 to 8 digits')
  let refused = false
  return {
    value: async () => fromFile ?? (canAsk() ? await askPin() : null),
    refused: () => refused,
    giving() {
      refused = true
    },
    accepted() {
      refused = false
    },
  }
}

/** Shows each message once; resolves when it is written. */
function shower({ jsonl }: Options, clock: Clock): (pdus: readonly string[]) => Promise<void> {
  const parts = joinParts<string>(PARTS)
  const seen = new Set<string>()
  const print = (message: SmsMessage): Promise<void> =>
    new Promise((resolve, reject) => {
      const json = messageJson(message)
      process.stdout.write(`${jsonl ? JSON.stringify(json) : smsText(json)}\n`, (error) => (error ? reject(error) : resolve()))
    })
  return async (pdus) => {
    const fresh = pdus.filter((pdu) => !seen.has(hashOf(pdu)))
    for (const pdu of fresh) {
      seen.add(hashOf(pdu))
      if (seen.size > MOST_REMEMBERED) seen.delete(seen.values().next().value!)
      const decoded = decodePdu(pdu)
      if (!isPdu(decoded)) say(`a message cannot be read: ${PDU_FAULTS[decoded.fault]} (${decoded.fault})`)
      else for (const { message } of parts.add(decoded, pdu, clock.monotonicMs())) if (message) await print(message)
    }
    const late = parts.expire(clock.monotonicMs())
    if (late.length > 0) say(`${count(late.length, 'message')} without all of its parts`)
  }
}
