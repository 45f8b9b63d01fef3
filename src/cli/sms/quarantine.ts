import type { Command } from 'commander'
import { SMS_REASONS } from '../../sms/judge.ts'
import { messageJson } from '../../sms/message.ts'
import { joinParts } from '../../sms/parts.ts'
import { PDU_FAULTS } from '../../sms/pdu/fault.ts'
import { decodePdu, isPdu } from '../../sms/pdu/pdu.ts'
import type { SmsEntry } from '../../store/sms-messages.ts'
import { FAULTS } from '../../wmbus/fault.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { whole } from '../option-values.ts'
import { print, printJson, say } from '../output.ts'
import { reading } from '../store-access.ts'
import { table } from '../table.ts'
import { askSms } from './daemon.ts'
import { smsText } from './text.ts'

const NUMBER = ['<number>', 'its number in the list', whole(1, Number.MAX_SAFE_INTEGER)] as const
const MEANINGS: Readonly<Record<string, string>> = { ...SMS_REASONS, ...PDU_FAULTS, ...FAULTS }

/** Messages that are no readings, for a person to look at: what they say is shown here and nowhere else. */
export const smsQuarantine: Attach = (parent) => {
  const group = parent.command('quarantine').description('messages that were not taken as readings, and why').helpCommand(false)
  group
    .command('list')
    .description('list them, the newest first')
    .option('--json', 'as JSON')
    .action((options: { readonly json?: true }, command: Command) => list(options, command))
  group
    .command('show')
    .description('show what one says, and why it is there')
    .argument(...NUMBER)
    .option('--json', 'as JSON')
    .action((number: number, options: { readonly json?: true }, command: Command) => show(number, options, command))
  group
    .command('accept')
    .description('take it as a reading, whoever sent it')
    .argument(...NUMBER)
    .action(async (message: number, _: object, command: Command) => {
      const { meter } = (await askSms(command, 'sms.accept', { message })) as { readonly meter: string }
      say(`Message ${message} is a reading of ${meter} now.`)
    })
  group
    .command('reject')
    .description('put it aside for good')
    .argument(...NUMBER)
    .action(async (message: number, _: object, command: Command) => {
      await askSms(command, 'sms.reject', { message })
      say(`Message ${message} is rejected.`)
    })
}

const receivedAt = ({ pdus }: SmsEntry): string | null => {
  const at = pdus[0]?.receivedAt ?? null
  return at === null ? null : new Date(at).toISOString()
}

function list({ json }: { readonly json?: true }, command: Command): void {
  const entries = reading(configOf(command), (store) => store.sms.list({ state: 'quarantine' }))
  const rows = entries.map((entry) => ({
    number: entry.message,
    receivedAt: receivedAt(entry),
    pdus: entry.pdus.length,
    reason: entry.reason,
  }))
  if (json) printJson(rows)
  else if (rows.length === 0) say('There is nothing in quarantine.')
  else
    print(
      table(
        ['NUMBER', 'RECEIVED', 'PARTS', 'REASON', ''],
        rows.map(({ number, receivedAt, pdus, reason }) => [number, receivedAt, pdus, reason, MEANINGS[reason ?? '']]),
      ),
    )
}

/** The message if it is whole, else each part on its own. */
function messagesOf({ pdus }: SmsEntry) {
  const parts = joinParts<number>({ lifetimeMs: 1, most: pdus.length + 1 })
  const decoded = pdus.map(({ pdu }) => decodePdu(pdu)).filter(isPdu)
  const joined = decoded.flatMap((pdu) => parts.add(pdu, 0, 0)).flatMap(({ message }) => (message ? [message] : []))
  return (joined.length > 0 ? joined : decoded.map((pdu) => ({ ...pdu, parts: 1 }))).map(messageJson)
}

function show(number: number, { json }: { readonly json?: true }, command: Command): void {
  const entry = reading(configOf(command), (store) => store.sms.get(number))
  if (entry?.state !== 'quarantine') throw failure('failed', `There is no message ${number} in quarantine: varmesky sms quarantine list`)
  const { reason, pdus } = entry
  const messages = messagesOf(entry)
  if (json) {
    printJson({ number, receivedAt: receivedAt(entry), reason, messages, pdus: pdus.map(({ pdu }) => pdu) })
    return
  }
  say(`${reason}: ${MEANINGS[reason ?? ''] ?? 'see the log'}`)
  for (const message of messages) print(smsText(message))
  for (const { pdu } of pdus) print(`PDU ${pdu || '(removed: its time to be kept is over)'}`)
}
