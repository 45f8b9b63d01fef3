import type { Config } from '../../config.ts'
import type { GatewayStatus } from '../../control/status.ts'
import type { EventMessage } from '../../events.ts'
import { type Attach, configFileOf, configIn } from '../command.ts'
import { notesOn } from '../config/check.ts'
import { failure } from '../failure.ts'
import { count, print, printJson, say } from '../output.ts'
import { ask, readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'
import { writeBundle } from './bundle.ts'
import { examine, type Patient } from './checks.ts'

const DAY_MS = 86_400_000

export const doctor: Attach = (parent) =>
  void parent
    .command('doctor')
    .description('look at everything, and say what is wrong and what to try; exit status 1 where anything is')
    .option('--bundle <file>', 'also write a .tar.gz for whoever helps: no keys, no readings, pseudonyms for meters')
    .option('--json', 'as JSON')
    .action(async (options: { bundle?: string; json?: true }, command) => {
      const file = configFileOf(command)
      const patient = await patientOf(configIn(file))
      const findings = examine(patient)
      if (options.json) printJson(findings)
      else
        print(
          table(
            ['', 'CHECK', ''],
            findings.map(({ state, check, text }) => [state, check, text]),
          ),
        )
      if (options.bundle !== undefined) {
        await writeBundle(options.bundle, file, patient, findings)
        say(`made  ${options.bundle}: look through it before you send it`)
      }
      const wrong = findings.filter(({ state }) => state === 'bad').length
      if (wrong > 0) throw failure('failed', `${count(wrong, 'thing')} to mend`)
    })

const patientOf = async (config: Config): Promise<Patient> => {
  const answer = await ask(config, 'status', {})
  return { config, notes: notesOn(config), status: answer && (answer.result as GatewayStatus), ...stored(config) }
}

const stored = (config: Config): Pick<Patient, 'events' | 'registered'> => {
  try {
    const found = readingIfAny(config, ({ outbox, meters }) => ({
      events: outbox.events({ since: Date.now() - DAY_MS }).map(({ body }) => JSON.parse(body) as EventMessage),
      registered: meters.list().filter(({ retiredAt }) => retiredAt === null).length,
    }))
    return found ?? { events: [], registered: 0 }
  } catch {
    return { events: null, registered: 0 }
  }
}
