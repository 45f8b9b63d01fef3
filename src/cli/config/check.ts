import { existsSync } from 'node:fs'
import { type Config, loadConfig } from '../../config.ts'
import { smsProblems } from '../../gateway/sms/check.ts'
import { readMeterTypes } from '../../meter-types/directory.ts'
import { type Attach, configFileOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print, say } from '../output.ts'

export const configCheck: Attach = (parent) =>
  void parent
    .command('check')
    .description('say everything that is wrong with the configuration, each with its place')
    .action((_options, command) => {
      const file = configFileOf(command)
      const loaded = loadConfig(file)
      const problems = 'problems' in loaded ? loaded.problems : problemsBeside(loaded.config)
      if ('problems' in loaded || problems.length > 0)
        throw failure('failed', `${problems.join('\n')}\n${count(problems.length, 'problem')}`)
      print(`${file} is right`)
      for (const note of notesOn(loaded.config)) say(`note: ${note}`)
    })

/** What the schema cannot say, and the daemon does not start with. */
const problemsBeside = ({ meters, sms }: Config): readonly string[] => [
  ...readMeterTypes(meters.types).problems,
  ...(sms ? smsProblems(sms) : []),
]

/** What is allowed but may not be meant. It may be right all the same: sticks are plugged in later, and root sees more than others. */
export const notesOn = ({ receivers, mqtt, sms }: Config): string[] => {
  const { ca, cert, key, passwordFile } = mqtt ?? {}
  const paths = [
    ...receivers.map(({ at }) => at).filter((at) => at.startsWith('/')),
    ...[ca, cert, key, passwordFile, sms?.modem, sms?.senders, sms?.pinFile, sms?.spool?.directory].filter((path) => path !== undefined),
  ]
  return [
    ...(receivers.length === 0 ? [`no receivers: nothing can be heard${sms ? ' by radio' : ''}`] : []),
    ...(mqtt?.url.startsWith('mqtt:') ? ['mqtt.url is mqtt://: readings and the password are sent unencrypted'] : []),
    ...paths.filter((path) => !existsSync(path)).map((path) => `${path} is not there, or this user may not see it`),
  ]
}
