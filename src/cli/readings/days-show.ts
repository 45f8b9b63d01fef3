import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { print, printJson } from '../output.ts'
import { readingIfAny } from '../store-access.ts'
import { table } from '../table.ts'
import { type DayState, dayState } from './day-state.ts'
import { dayArgument } from './reading-text.ts'

export const daysShow: Attach = (parent) =>
  void parent
    .command('show')
    .description('show one day: its counts, its digest, the meters without a reading')
    .argument('<day>', 'YYYY-MM-DD')
    .option('--json', 'as JSON')
    .action((text: string, options: { json?: true }, command) => {
      const day = dayArgument(text)
      const state = readingIfAny(configOf(command), (store) => dayState(store, day))
      if (!state || (state.published === 0 && state.issue === null)) throw failure('failed', `There is nothing of ${day}.`)
      if (options.json) return printJson(state)
      print(factsOf(state))
    })

const factsOf = (state: DayState): string => {
  const { missing, missingCount } = state
  const more = (missingCount ?? 0) > missing.length ? `, and ${(missingCount ?? 0) - missing.length} more` : ''
  const facts = [
    ['day', state.day],
    ['closed', state.closedAt === null ? 'not yet' : `${state.closedAt}, issue ${state.issue}`],
    ['expected', state.expected],
    ['published', state.published],
    ...state.sinks.map(({ sink, accepted, confirmed }) => [sink, `${accepted} accepted, ${confirmed} confirmed`]),
    ['digest', state.digest],
    ['missing', missing.length === 0 ? state.missingCount : `${missing.join(' ')}${more}`],
  ]
  return table(['', ''], facts).split('\n').slice(1).join('\n')
}
