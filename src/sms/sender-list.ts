import { readFileSync, statSync } from 'node:fs'
import type { Log } from '../log.ts'
import { readSenders, type Senders } from './senders.ts'

/** The list of senders, read again when it has changed; a list that is wrong leaves the last one in force. */
export function sendersIn(file: string, log: Log): () => Senders {
  let read = 0
  let senders = load()
  function load(): Senders {
    try {
      read = statSync(file).mtimeMs
      return readSenders(readFileSync(file, 'utf8'))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const why =
        code === 'ENOENT' ? 'it is not there: a line phone;manufacturer;id for each meter, as in +4520123456;KAM;07134347' : message
      throw new Error(`the list of senders ${file} cannot be used: ${why}`)
    }
  }
  return () => {
    try {
      if (statSync(file).mtimeMs !== read) senders = load()
    } catch (err) {
      log.error({ err }, 'the list of senders cannot be read, and the last one stays in force')
    }
    return senders
  }
}
