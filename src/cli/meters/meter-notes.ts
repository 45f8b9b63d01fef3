import type { Command } from 'commander'
import { isCprLike, noteProblem } from '../../control/meter-entry.ts'
import { failure } from '../failure.ts'

export interface Notes {
  readonly label?: string | null
  readonly installation?: string | null
  readonly aliases?: string[]
  readonly wired?: string[]
}

export interface NoteOptions {
  readonly label?: string
  readonly installation?: string
  readonly alias?: string[]
  readonly wired?: string[]
}

const several = (text: string, before: string[] = []): string[] => [...before, text]

/** The options of a command that writes what a meter is called. */
export const withNotes = (command: Command): Command =>
  command
    .option('--label <name>', 'your own name for it')
    .option('--installation <number>', 'its installation number, which goes into every reading')
    .option('--alias <name>', 'another name of the place, such as a customer number; may be given several times', several)
    .option('--wired <id>', 'another name of the device, such as its wired id; may be given several times', several)

/** What options say a meter is called; an empty text removes what is stored. */
export const notesOf = (options: NoteOptions): Notes => ({
  ...note('label', options.label),
  ...note('installation', options.installation),
  ...names('aliases', 'alias', options.alias),
  ...names('wired', 'wired', options.wired),
})

const note = (name: 'label' | 'installation', text: string | undefined): Notes => {
  if (text === undefined) return {}
  if (text !== '') check(name, text)
  return { [name]: text || null }
}

/** All of them anew: those that are not given again are gone. */
const names = (name: 'aliases' | 'wired', option: string, texts: readonly string[] | undefined): Notes => {
  if (texts === undefined) return {}
  const given = texts.filter((text) => text !== '')
  for (const text of given) check(option, text)
  return { [name]: [...new Set(given)] }
}

function check(option: string, text: string): void {
  const problem = noteProblem(text)
  if (problem) throw failure(isCprLike(text) ? 'refused' : 'usage', `--${option} ${problem}`)
}
