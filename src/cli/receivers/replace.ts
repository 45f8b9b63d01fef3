import { chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isMap, isSeq, parseDocument, type Scalar } from 'yaml'
import { type Config, loadConfig } from '../../config.ts'
import { stablePath } from '../../receivers/ports/serial-paths.ts'
import { type Attach, configFileOf, configIn } from '../command.ts'
import { failure } from '../failure.ts'
import { print } from '../output.ts'
import { probedAt } from './probe.ts'

export const receiversReplace: Attach = (parent) =>
  void parent
    .command('replace')
    .description('another stick of the same name: ask it who it is, and write its port into the configuration')
    .argument('<name>', 'the receiver’s name in the configuration')
    .argument('<path>', 'the port of the new one')
    .option('--unasked', 'do not ask it first: it is not plugged in yet, or is no serial port')
    .action(async (name: string, path: string, { unasked }: { unasked?: true }, command) => {
      const file = configFileOf(command)
      const config = configIn(file)
      const receiver = config.receivers.find((other) => other.name === name)
      if (!receiver)
        throw failure(
          'failed',
          `There is no receiver ${name}: ${config.receivers.map((other) => other.name).join(', ') || 'none is configured'}`,
        )
      const at = path.startsWith('/') ? stablePath(path) : path
      checkFree(config, name, at)
      const use = unasked ? receiver.use : await useAt(at)
      edit(file, name, { use, at })
      print(`${name} is now ${use} at ${at}. To begin with it:  sudo systemctl restart varmesky`)
    })

const checkFree = ({ receivers }: Config, name: string, at: string): void => {
  const other = receivers.find((receiver) => receiver.at === at && receiver.name !== name)
  if (other) throw failure('refused', `${at} is that of the receiver ${other.name}`)
}

async function useAt(at: string): Promise<string> {
  const { found } = await probedAt(at)
  if (found) return found.use
  throw failure('failed', 'Nothing was changed; --unasked writes it nevertheless.')
}

/** Changes one receiver of the file and nothing else: comments, order and layout stay. Takes effect whole or not at all. */
function edit(file: string, name: string, change: Readonly<Record<'use' | 'at', string>>): void {
  const text = edited(readFileSync(file, 'utf8'), name, change)
  if (text === null) throw failure('failed', `${file}: the receiver ${name} is not written in a way that can be edited: change it by hand`)
  const { mode, uid, gid } = statSync(file)
  const next = `${file}.new`
  writeFileSync(next, text, { flag: 'w', mode: mode & 0o777 })
  chmodSync(next, mode & 0o777)
  chownSync(next, uid, gid)
  const loaded = loadConfig(next)
  if ('problems' in loaded) {
    rmSync(next)
    throw failure('failed', `The new stick does not fit the other settings, and nothing was changed:\n${loaded.problems.join('\n')}`)
  }
  renameSync(next, file)
}

/** The text with other values in their places; null where they are not written as values of their own. */
function edited(text: string, name: string, change: Readonly<Record<string, string>>): string | null {
  const receivers = parseDocument(text).get('receivers')
  const receiver = isSeq(receivers) ? receivers.items.find((item) => isMap(item) && item.get('name') === name) : undefined
  if (!isMap(receiver)) return null
  const places = Object.entries(change).map(([setting, value]) => ({
    value,
    range: (receiver.get(setting, true) as Scalar | undefined)?.range,
  }))
  // From the end on, so that what comes before stays where it is.
  return places
    .sort((a, b) => (b.range?.[0] ?? 0) - (a.range?.[0] ?? 0))
    .reduce<string | null>(
      (before, { value, range }) => before && (range ? `${before.slice(0, range[0])}${scalar(value)}${before.slice(range[1])}` : null),
      text,
    )
}

/** What could mean something else to YAML is quoted. */
const scalar = (value: string): string => (/^[\w./-][\w./:-]*$/.test(value) && !value.endsWith(':') ? value : JSON.stringify(value))
