import { loadConfig } from '../config.ts'
import { type Attach, configFileOf } from './command.ts'
import { failure } from './failure.ts'
import { count, print } from './output.ts'

export const configCheck: Attach = (parent) =>
  void parent
    .command('check')
    .description('say everything that is wrong with the configuration, each with its place')
    .action((_options, command) => {
      const file = configFileOf(command)
      const loaded = loadConfig(file)
      if ('problems' in loaded) throw failure('failed', `${loaded.problems.join('\n')}\n${count(loaded.problems.length, 'problem')}`)
      print(`${file} is right`)
    })
