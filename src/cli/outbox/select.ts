import { failure } from '../failure.ts'

export interface SelectOptions {
  readonly sink?: string
  readonly all?: true
}

/** Which messages are meant: by their numbers, or all (of a sink). */
export const selected = (numbers: readonly string[], { sink, all }: SelectOptions): { sink?: string; seqs?: number[] } => {
  if (numbers.length === 0 && !all) throw failure('usage', 'Which messages? Name their numbers ("varmesky outbox list"), or say --all.')
  if (numbers.length > 0 && all) throw failure('usage', 'Name numbers, or say --all: not both.')
  const wrong = numbers.find((text) => !/^[1-9]\d{0,15}$/.test(text))
  if (wrong !== undefined)
    throw failure('usage', `"${wrong.slice(0, 24)}" is not the number of a message: "varmesky outbox list" shows them.`)
  return { ...(sink !== undefined && { sink }), ...(numbers.length > 0 && { seqs: numbers.map(Number) }) }
}
