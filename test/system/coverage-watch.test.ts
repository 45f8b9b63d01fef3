import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from 'node-pty'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { socketPath } from '../../src/control/protocol.ts'
import { startControl } from '../../src/control/server.ts'
import { silentLog } from '../../src/log.ts'
import type { MeterReception, ReceptionState } from '../../src/memory/reception.ts'
import { openStore } from '../../src/store/open.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const METERS = 60
const nameOf = (n: number): string => `KAM-${String(n).padStart(8, '0')}`
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-watch-'))
  writeFileSync(join(directory, 'varmesky.yaml'), JSON.stringify({ gateway: 'box', stateDirectory: 'state', runtimeDirectory: '.' }))
  const store = openStore({ directory: join(directory, 'state'), kek: null, clock: manualClock(Date.UTC(2026, 10, 23)) })
  store.meters.put(Array.from({ length: METERS }, (_, n) => ({ meter: nameOf(n) })))
  store.close()
})
afterAll(() => rmSync(directory, { recursive: true }))

const ESCAPE = '\u001b'
const PARTS = new RegExp(`${ESCAPE}\\[\\d*[A-DJ]|\\r?\\n|[^${ESCAPE}\\r\\n]+|\\r`, 'g')

/** What a terminal shows in the end, of the few sequences a screen drawn anew is made of. */
const shown = (output: string): string => {
  const lines: string[] = ['']
  let row = 0
  for (const [part] of output.matchAll(PARTS)) {
    const up = /\[(\d+)A/.exec(part)
    if (up) row = Math.max(0, row - Number(up[1]))
    else if (/\[0?J/.test(part)) lines.splice(row, lines.length, '')
    else if (part.endsWith('\n')) lines[++row] ??= ''
    else if (!part.startsWith(ESCAPE)) lines[row] = part
  }
  return lines.join('\n').trimEnd()
}

it('report coverage --watch draws the report anew in its place, as much of it as fits, until it is interrupted', async () => {
  let meters: MeterReception[] = []
  const state = (): ReceptionState => ({ seconds: 86_400, telegrams: 9 * meters.length, damaged: 0, airSeconds: 1, unknownMode: 0, meters })
  const control = await startControl({ path: socketPath(directory), actions: { reception: state }, log: silentLog })
  const args = [MAIN, '--config', join(directory, 'varmesky.yaml'), 'report', 'coverage', '--watch']
  const terminal = spawn(process.execPath, args, { cols: 100, rows: 24 })
  const ended = new Promise<unknown>((resolve) => terminal.onExit(resolve))
  let output = ''
  terminal.onData((part) => (output += part))
  try {
    await vi.waitFor(() => expect(shown(output)).toContain(`heard 0 of ${METERS} meters`), { timeout: 20_000, interval: 50 })
    const before = shown(output)
    expect(before.split('\n').length).toBeLessThan(24)
    expect(before).toMatch(/… and \d+ more: a taller terminal/)
    meters = [nameOf(3), nameOf(4)].map((meter) => ({ meter, telegrams: 9, rssi: -70, intervalSeconds: 96, seconds: 86_400 }))
    await vi.waitFor(() => expect(shown(output)).toContain(`heard 2 of ${METERS} meters`), { timeout: 20_000, interval: 50 })
    expect(shown(output)).not.toContain('heard 0 of')
    expect(shown(output).split('\n').length).toBeLessThan(24)
    terminal.write('\x03')
    await ended
  } finally {
    terminal.kill()
    await control.close()
  }
})
