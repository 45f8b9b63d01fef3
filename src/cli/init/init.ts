import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { fileSchema } from '../../config/schema.ts'
import { DEFAULT_KEK } from '../../store/meters/kek.ts'
import { type Attach, configFileOf, configIn, DEFAULT_CONFIG } from '../command.ts'
import { failure } from '../failure.ts'
import { askLine, askYes, canAsk } from '../input.ts'
import { print, say } from '../output.ts'
import { registeredMeters } from '../store-access.ts'
import { type Answers, filledExample } from './config.ts'
import { makeConfigFile, makeDirectory, makeKekFile } from './files.ts'
import { foundReceiver, type Receiver, receiverOption, tryBroker } from './surroundings.ts'
import { writeDropIns } from './unit.ts'

interface Options {
  readonly gateway?: string
  readonly broker?: string
  readonly directory?: string
  readonly systemd?: string
  readonly receiver?: Receiver
  readonly testBroker?: true
}

const UNITS = '/etc/systemd/system'

export const init: Attach = (parent) =>
  void parent
    .command('init')
    .description('make the configuration, the state directory and the key-encryption key; what exists stays as it is')
    .option('--gateway <name>', 'name of this box in topics and reports')
    .option('--broker <url>', 'the MQTT broker, mqtts://host:8883')
    .option(
      '--receiver <use=place>',
      'the receiver: im871a=/dev/serial/by-id/…, auto=auto; left out: an iM871A that is plugged in',
      receiverOption,
    )
    .option('--test-broker', 'send a test message to the broker, and fail where it is not taken')
    .option('--directory <dir>', 'put everything below this directory: a trial without root')
    .option('--systemd <dir>', `where the drop-ins of the unit go (${UNITS}, unless it is a trial)`)
    .action(async (options: Options, command) => {
      const trial = options.directory !== undefined
      const file = options.directory === undefined ? resolve(configFileOf(command)) : resolve(options.directory, 'varmesky.yaml')
      if (existsSync(file)) say(`kept  ${file}`)
      else makeConfigFile(file, filledExample(await answersTo(options)))
      const config = configIn(file)
      makeDirectory(config.stateDirectory)
      if (trial) makeDirectory(config.runtimeDirectory)
      const kek = config.kekFile ?? DEFAULT_KEK
      if (!existsSync(kek) && registeredMeters(config).some(({ keyCheck }) => keyCheck !== null))
        throw failure(
          'failed',
          `There are sealed meter keys in ${config.stateDirectory}, and a new key-encryption key would not open them: put the old one back as ${kek}.`,
        )
      makeKekFile(kek)
      const units = options.systemd ?? (trial || !existsSync(UNITS) ? null : UNITS)
      if (units !== null) await writeDropIns(config, units)
      print(nextSteps(file, kek, trial))
      if (config.mqtt && (options.testBroker || (options.gateway === undefined && canAsk() && (await askYes('Try the broker now?')))))
        await tryBroker(config)
    })

const answersTo = async ({ gateway, broker, directory, receiver }: Options): Promise<Answers> => {
  if (gateway === undefined && !canAsk()) throw failure('usage', 'Nobody can be asked here: say --gateway NAME')
  const name =
    gateway ??
    (await askLine('Name of this box in topics and reports', hostname().split('.')[0] ?? '', (line) => problemWith({ gateway: line })))
  const ask = (): Promise<string> =>
    askLine('MQTT broker, mqtts://host:8883 (empty: none yet)', '', (line) =>
      line ? problemWith({ gateway: name, mqtt: { url: line } }) : undefined,
    )
  const url = broker ?? (gateway === undefined ? await ask() : '')
  const receivers = receiver ? [{ name: 'mast', ...receiver }] : []
  const problem = problemWith({ gateway: name, receivers, ...(url && { mqtt: { url } }) })
  if (problem) throw failure('usage', problem)
  return {
    gateway: name,
    broker: url || null,
    receiver: receiver ?? (await foundReceiver(gateway === undefined)),
    trial: directory !== undefined,
  }
}

/** What the configuration would say to an answer. */
const problemWith = (settings: object): string | undefined => {
  const issue = fileSchema.safeParse(settings).error?.issues[0]
  return issue && `${issue.path.join('.')} ${issue.message}`
}

const nextSteps = (file: string, kek: string, trial: boolean): string => `
Next:${file === DEFAULT_CONFIG ? '' : `\n  export VARMESKY_CONFIG=${file}`}
  1. Fill in receivers and mqtt in ${file}, then:  varmesky config check
  2. Register your meters:    varmesky meters import FILE    or    varmesky meters add METER
  3. Start the daemon:        ${trial ? 'varmesky run' : 'sudo systemctl enable --now varmesky'}
  4. See what it hears:       varmesky status

Copy ${kek} to a safe place, apart from any backup of the database: without it the stored meter keys are lost,
and who has both can read them.`
