/** What a schema cannot say of the configuration for messages: the daemon does not start with it, and `config check` tells it. */
import { readFileSync } from 'node:fs'
import type { Config } from '../../config.ts'
import { READY, type Template, templateProblem } from '../../sms/formats/template.ts'
import { submitPdu } from '../../sms/pdu/submit.ts'
import { readSenders } from '../../sms/senders.ts'

type SmsConfig = NonNullable<Config['sms']>

export const templatesOf = ({ formats }: SmsConfig): readonly Template[] =>
  formats.map((format) => (typeof format === 'string' ? READY[format]! : (format as Template)))

const ANY_NUMBER = '+45'

/** Each with its place. A list of senders that is not there is none of them: it may be that only the daemon sees it. */
export function smsProblems(sms: SmsConfig): readonly string[] {
  const templates = templatesOf(sms).flatMap((template) => {
    const problem = templateProblem(template)
    return problem === null ? [] : [`sms.formats: "${template.name}" ${problem}`]
  })
  const isSendable = sms.ask === undefined || submitPdu(ANY_NUMBER, sms.ask.command) !== null
  return [
    ...templates,
    ...(isSendable ? [] : ['sms.ask.command: must be 160 characters of the GSM alphabet at most, as in =READ_HEAT_METER#']),
    ...sendersProblem(sms.senders),
  ]
}

function sendersProblem(file: string): readonly string[] {
  try {
    readSenders(readFileSync(file, 'utf8'))
    return []
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === undefined ? [`sms.senders: ${file}: ${message}`] : []
  }
}
