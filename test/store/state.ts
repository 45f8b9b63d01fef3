import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Draft } from '../../src/store/outbox/messages.ts'

export const KEK = Uint8Array.from({ length: 32 }, (_, index) => index)
export const NOON = Date.UTC(2026, 10, 23, 12)

/** A new directory that others may enter, gone when the test is over. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-store-'))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A daily reading; `content` stands for what would be billed. */
export const reading = (content: string, changes: Partial<Draft> = {}): Draft => {
  const { meter = 'KAM-07134347', day = '2026-11-22' } = changes
  return {
    kind: 'reading.daily',
    id: `${meter}/${day}/${content}`,
    meter,
    day,
    precedence: 1,
    body: JSON.stringify({ content }),
    ...changes,
  }
}

/** Every byte that lies in the directory. */
export const bytesIn = (directory: string): Buffer =>
  Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))))
