import { type ExchangeArgs, exchangeAction } from '../../actions/exchange.ts'
import { systemClock } from '../../clock.ts'
import type { Exchange, Registers, Standing } from '../../readings/exchange.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { print, printJson, say } from '../output.ts'
import { dayArgument } from '../readings/reading-text.ts'
import { ask, registeredMeters, writing } from '../store-access.ts'
import { ANY_NAME, findMeter } from './meter-argument.ts'

interface Options {
  readonly closing?: string[]
  readonly opening?: string[]
  readonly on?: string
  readonly json?: true
}

const several = (text: string, before: string[] = []): string[] => [...before, text]
const EXAMPLE = 'energy=114.9316MWh'

export const metersReplace: Attach = (parent) =>
  void parent
    .command('replace')
    .description('one meter takes the place of another: its installation number and aliases go over, billing is told where both stood')
    .argument('<old>', ANY_NAME)
    .argument('<new>', 'registered already: meters add')
    .option('--closing <value>', `what the old meter showed, ${EXAMPLE}; once per register; without it its last reading`, several)
    .option('--opening <value>', 'what the new meter showed, energy=0kWh; once per register', several)
    .option('--on <day>', 'the day of the exchange, YYYY-MM-DD; without it today')
    .option('--json', 'as JSON, the message billing gets')
    .action(async (old: string, taking: string, options: Options, command) => {
      const config = configOf(command)
      const meters = registeredMeters(config)
      const args: ExchangeArgs = {
        old: findMeter(meters, old).meter,
        new: findMeter(meters, taking).meter,
        closing: registersOf('--closing', options.closing),
        opening: registersOf('--opening', options.opening),
        ...(options.on && { day: dayArgument(options.on) }),
      }
      const alone = (): Exchange => writing(config, (store) => exchangeAction(store, config, systemClock(config.clock.trust), args))
      const answer = await ask(config, 'meters.replace', args)
      const exchange = (answer?.result as Exchange | undefined) ?? alone()
      if (options.json) return printJson(exchange)
      print(`${exchange.opening.meter} takes the place of ${exchange.closing.meter} since ${exchange.day}`)
      print(`  closing: ${standingText(exchange.closing)}\n  opening: ${standingText(exchange.opening)}`)
      if (exchange.closing.evidence?.kind !== 'display')
        say('The closing value is no reading of the display: say --closing if somebody read it.')
    })

/** Numbers with a point or a decimal comma; the unit right behind, or after a space. */
const VALUE = /^([a-z][A-Za-z0-9]*)=(\d+(?:[.,]\d+)?) ?([^\d\s]\S*)$/

const registersOf = (option: string, texts: readonly string[] | undefined): Registers | null => {
  if (texts === undefined) return null
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value, unit] = VALUE.exec(text) ?? []
      if (!name || !value || !unit) throw failure('usage', `${option} takes a register, its value and unit, as in ${EXAMPLE}`)
      return [name, { value: value.replace(',', '.'), unit }]
    }),
  )
}

const standingText = ({ registers, evidence }: Standing): string => {
  if (registers === undefined) return 'not told'
  const values = Object.entries(registers).map(([name, { value, unit }]) => `${name} ${value} ${unit}`)
  return `${values.join(', ')} (${evidence?.kind === 'reading' ? `last reading, ${evidence.observedAt}` : 'read off the display'})`
}
