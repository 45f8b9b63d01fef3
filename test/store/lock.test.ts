import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireLock } from '../../src/store/disk/lock.ts'
import { runScript } from '../support/compiled.ts'
import { temporaryDirectory } from './state.ts'

const holdElsewhere = async (directory: string) => {
  const holder = runScript(new URL('./lock-holder.ts', import.meta.url), directory)
  const [line] = await once(holder.stdout, 'data')
  expect(String(line)).toBe('held\n')
  return holder
}

test('one process has it, and the next one after it is released', () => {
  const directory = join(temporaryDirectory(), 'state')
  const lock = acquireLock(directory)
  expect(lock).not.toBeNull()
  expect(acquireLock(directory)).toBeNull()
  expect(acquireLock(directory)).toBeNull()
  lock?.release()
  const next = acquireLock(directory)
  expect(next).not.toBeNull()
  next?.release()
})

test('lies in a file for the owner alone: who can read it could hold it', () => {
  const directory = join(temporaryDirectory(), 'state')
  acquireLock(directory)?.release()
  expect(statSync(join(directory, 'varmesky.lock')).mode & 0o777).toBe(0o600)
  expect(statSync(directory).mode & 0o777).toBe(0o750)
})

test('one directory does not lock another', () => {
  const locks = [temporaryDirectory(), temporaryDirectory()].map(acquireLock)
  for (const lock of locks) {
    expect(lock).not.toBeNull()
    lock?.release()
  }
})

test('holds against another process, and ends with it however it dies', async () => {
  const directory = temporaryDirectory()
  const holder = await holdElsewhere(directory)
  expect(acquireLock(directory)).toBeNull()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = acquireLock(directory)
  expect(lock).not.toBeNull()
  expect(String((await once(runScript(new URL('./lock-holder.ts', import.meta.url), directory).stdout, 'data'))[0])).toBe('refused\n')
  lock?.release()
}, 60_000)

test('says what to try where it cannot be written', () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect(() => acquireLock(file)).toThrow(/use sudo, or the user that runs the daemon/)
})
