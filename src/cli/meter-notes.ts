import { isCprLike, noteProblem } from '../control/meter-entry.ts'
import { failure } from './failure.ts'

export interface Notes {
  readonly label?: string | null
  readonly installation?: string | null
}

/** Label and installation number as options give them; an empty text removes what is stored. */
export const notesOf = (options: { readonly label?: string; readonly installation?: string }): Notes => ({
  ...note('label', options.label),
  ...note('installation', options.installation),
})

const note = (name: keyof Notes, text: string | undefined): Notes => {
  if (text === undefined) return {}
  const problem = text === '' ? undefined : noteProblem(text)
  if (problem) throw failure(isCprLike(text) ? 'refused' : 'usage', `--${name} ${problem}`)
  return { [name]: text || null }
}
