import { stringify } from 'yaml'
import { systemClock } from '../../clock.ts'
import { ASKABLE, type Identified, probe } from '../../receivers/finding/probe.ts'
import { serialPaths, stablePath } from '../../receivers/ports/serial-paths.ts'
import type { Attach } from '../command.ts'
import { failure } from '../failure.ts'
import { print, printJson, say } from '../output.ts'

interface Probed {
  readonly at: string
  readonly found: Identified | null
  readonly trouble: string | null
}

export const receiversProbe: Attach = (parent) =>
  void parent
    .command('probe')
    .description('ask who is at the serial ports, set nothing, and print what to write into the configuration')
    .argument('[path]', 'one port; left out: all of this machine, which also asks what is no receiver')
    .option('--json', 'as JSON')
    .action(async (path: string | undefined, options: { json?: true }) => {
      const paths = path === undefined ? serialPaths() : [stablePath(path)]
      if (paths.length === 0) throw failure('failed', 'This machine has no serial device: is the receiver plugged in? lsusb shows what is.')
      const probed: Probed[] = []
      for (const at of paths) probed.push(await probedAt(at))
      if (options.json) printJson(probed)
      else print(snippet(probed))
      if (probed.every(({ found }) => found === null)) throw failure('failed', 'No receiver was found.')
    })

export async function probedAt(at: string): Promise<Probed> {
  const answer = await probe(at, ASKABLE, systemClock(), (use) => say(`Is there ${use} on ${at}?`))
  if (typeof answer !== 'string') return { at, found: answer, trouble: null }
  say(`${at}: ${answer}`)
  return { at, found: null, trouble: answer }
}

/** The receivers that were found, as the configuration takes them. */
function snippet(probed: readonly Probed[]): string {
  const names = new Map<string, number>()
  const receivers = probed.flatMap(({ at, found }) => {
    if (found === null) return []
    const times = (names.get(found.use) ?? 0) + 1
    names.set(found.use, times)
    return [{ device: found.device, receiver: { name: times === 1 ? found.use : `${found.use}-${times}`, use: found.use, at } }]
  })
  if (receivers.length === 0) return '# no receiver answered'
  return ['receivers:', ...receivers.flatMap(({ device, receiver }) => [`  # ${device}`, indented(receiver)])].join('\n')
}

const indented = (receiver: object): string =>
  stringify([receiver], { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
