import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createKekFile, loadKek } from '../../src/store/meters/kek.ts'
import { KEK, temporaryDirectory } from './state.ts'

const TEXT = `${Buffer.from(KEK).toString('hex')}\n`

const kekFile = (text: string, mode = 0o600): string => {
  const file = join(temporaryDirectory(), 'kek')
  writeFileSync(file, text, { mode })
  chmodSync(file, mode)
  return file
}
const credentials = (text: string, mode = 0o440): string => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'kek'), text, { mode })
  return directory
}

describe('a new key-encryption key', () => {
  test('is 32 random bytes in a file of 64 hex digits and a newline, for its owner alone', () => {
    const file = join(temporaryDirectory(), 'kek')
    const kek = createKekFile(file)
    expect(kek.length).toBe(32)
    expect(readFileSync(file, 'utf8')).toBe(`${Buffer.from(kek).toString('hex')}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(loadKek(file)).toEqual(kek)
    expect(createKekFile(`${file}2`)).not.toEqual(kek)
  })

  test('never replaces one that exists', () => {
    const file = kekFile(TEXT)
    expect(() => createKekFile(file)).toThrow(/there is one already, and the meter keys sealed with it would be lost/)
    expect(readFileSync(file, 'utf8')).toBe(TEXT)
  })

  test('asks for its directory', () => {
    expect(() => createKekFile(join(temporaryDirectory(), 'missing', 'kek'))).toThrow(/make its directory first/)
  })
})

describe('the key-encryption key', () => {
  const kek = Buffer.from(KEK)

  test('comes from the configured file, before the credential', () => {
    expect(loadKek(kekFile(TEXT), credentials('ff'.repeat(32)))).toEqual(kek)
  })

  test('comes from the systemd credential, whose mode tells nothing', () => {
    expect(loadKek(undefined, credentials(TEXT))).toEqual(kek)
  })

  test('may lack the newline and be in capitals', () => {
    expect(loadKek(kekFile(TEXT.trim().toUpperCase()))).toEqual(kek)
  })

  test('is null where there is no file', () => {
    expect(loadKek(join(temporaryDirectory(), 'kek'))).toBeNull()
  })

  test.each([0o640, 0o604, 0o620, 0o666])('is refused from a file of mode %o', (mode) => {
    const file = kekFile(TEXT, mode)
    expect(() => loadKek(file)).toThrow(`Others can read the key-encryption key: chmod 600 ${file}`)
  })

  test.each([
    ['a digit less', TEXT.slice(1)],
    ['a digit more', `0${TEXT}`],
    ['no hex', TEXT.replace('0', 'g')],
    ['two lines', `${TEXT}\n`],
    ['nothing', ''],
    ['raw bytes', Buffer.from(KEK).toString('latin1')],
  ])('is refused with %s, and what is there is not told', (_, text) => {
    const file = kekFile(text)
    const tell = () => loadKek(file)
    expect(tell).toThrow(new Error(`${file} must hold the key-encryption key as 64 hexadecimal digits and nothing else`))
    expect(() => loadKek(undefined, credentials(text))).toThrow(/64 hexadecimal digits/)
  })

  test('is not taken from a directory', () => {
    const directory = join(temporaryDirectory(), 'kek')
    mkdirSync(directory, { mode: 0o700 })
    expect(() => loadKek(directory)).toThrow(/Cannot read the key-encryption key/)
  })
})
