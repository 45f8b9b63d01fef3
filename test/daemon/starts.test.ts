import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { beginStart } from '../../src/daemon/starts.ts'
import { createLog, silentLog } from '../../src/log.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-starts-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const start = () => beginStart(directory, silentLog)
/** Starts that die. */
const crash = (times: number): string[] => Array.from({ length: times }, () => start().mode)

test('five starts that did not live end in safe mode, three of those in less still', () => {
  expect(crash(5)).toEqual(Array.from({ length: 5 }, () => 'normal'))
  expect(crash(3)).toEqual(Array.from({ length: 3 }, () => 'receivers-off'))
  expect(start()).toMatchObject({ mode: 'store-only', failed: 8 })
})

test('a start that lives, or ends as it was told to, is none of them', () => {
  for (const end of ['lived', 'ended'] as const) {
    crash(4)
    start()[end]()
    expect(readdirSync(directory)).toEqual([])
    expect(crash(1)).toEqual(['normal'])
    start().ended()
  }
})

test('safe mode that lives stays safe mode until everything lives', () => {
  crash(5)
  crash(2)
  start().lived()
  expect(crash(3)).toEqual(['receivers-off', 'receivers-off', 'receivers-off'])
  const tried = beginStart(directory, silentLog, 'normal')
  expect(tried.mode).toBe('normal')
  expect(start().mode).toBe('store-only')
  beginStart(directory, silentLog, 'normal').lived()
  expect(start().mode).toBe('normal')
})

test('a damaged file counts as none, and one that cannot be written is said', () => {
  crash(6)
  writeFileSync(join(directory, 'starts.json'), '{"normal":"many"')
  expect(start().mode).toBe('normal')
  const lines: string[] = []
  const log = createLog({ to: { write: (line: string) => void lines.push(line) } })
  expect(beginStart(join(directory, 'gone'), log).mode).toBe('normal')
  expect(lines.join('')).toContain('cannot be written')
})
