import { execFile } from 'node:child_process'

/**
 * Speed and mode of a serial line as stty writes them, null where there is none. The kernel keeps them from one opening to the next, so
 * whoever only asks who is there puts them back.
 */
export const lineSettings = (path: string): Promise<string | null> => stty(path, '-g')

export const putLineSettings = async (path: string, settings: string): Promise<void> => void (await stty(path, settings))

const PATIENCE_MS = 2000

const stty = (path: string, what: string): Promise<string | null> =>
  new Promise((resolve) =>
    execFile('stty', ['-F', path, what], { timeout: PATIENCE_MS }, (error, stdout) => resolve(error ? null : stdout.trim())),
  )
