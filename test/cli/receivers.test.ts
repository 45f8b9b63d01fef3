import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStick, type Stick } from '../../demo/im871a-stick.ts'
import { systemClock } from '../../src/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { here, trial } from './cli.ts'

const SLOW = { timeout: 60_000 }
const box = trial()
let stick: Stick
let gateway: Gateway | null = null
const varmesky = (...args: string[]) => here('--config', box.file, 'receivers', ...args)

beforeEach(async () => {
  stick = await openStick()
  box.write(
    'varmesky.yaml',
    `gateway: box
stateDirectory: state
runtimeDirectory: .
kekFile: ./kek
receivers:
  # on the mast
  - name: mast
    use: im871a      # bought in May
    at: "${stick.path}"   # by its name
`,
  )
})
afterEach(async () => {
  await gateway?.stop()
  gateway = null
  stick.close()
})
const start = async (): Promise<void> => {
  gateway = await startGateway({ config: box.config(), clock: systemClock(), log: silentLog, version: '0', kek: null, sinks: [] })
}

describe('receivers', SLOW, () => {
  it('are listed with their health, and reset by the daemon', async () => {
    await start()
    const { status, stdout } = await varmesky('list')
    expect(status).toBe(0)
    expect(stdout).toMatch(/mast +im871a +receiving +0 +never +0 +– +iM871A firmware 13, number/)
    expect(stdout).toContain(stick.path)
    expect(JSON.parse((await varmesky('list', '--json')).stdout)).toMatchObject([{ name: 'mast', recoveries: { reset: 0 } }])
    expect((await varmesky('reset', 'mast')).stdout).toMatch(/mast is being set up anew/)
    await vi.waitFor(() => expect(stick.asked).toContain('A5010700'), { timeout: 10_000, interval: 20 })
    expect(JSON.parse((await varmesky('list', '--json')).stdout)).toMatchObject([{ recoveries: { reset: 1 } }])
    expect(await varmesky('reset', 'roof')).toMatchObject({ status: 3, stderr: expect.stringMatching(/no receiver roof: mast/) })
  })

  it('are those of the configuration while there is no daemon', async () => {
    expect(await varmesky('list')).toMatchObject({ status: 4, stdout: expect.stringMatching(/mast +im871a/) })
    expect(await varmesky('reset', 'mast')).toMatchObject({ status: 4 })
  })

  it('are found by asking, and what to write is printed', async () => {
    const { status, stdout } = await varmesky('probe', stick.path)
    expect(status).toBe(0)
    expect(stdout).toBe(
      `receivers:\n  # iM871A firmware 13, number 00103512, hears T1\n  - name: im871a\n    use: im871a\n    at: ${stick.path}\n`,
    )
    expect(stick.linkMode()).toBeNull()
    expect(await varmesky('probe', '/dev/no-such-port')).toMatchObject({ status: 1, stderr: expect.stringMatching(/is it plugged in/) })
  })

  it('are replaced in the configuration, whose other words stay', async () => {
    const other = await openStick()
    const before = `${readFileSync(box.file, 'utf8')}  - { at: 'udp://127.0.0.1:9',  name: hall, use: hex }\n`
    box.write('varmesky.yaml', before)
    expect(await varmesky('replace', 'mast', other.path)).toMatchObject({ status: 0, stdout: expect.stringMatching(/restart varmesky/) })
    const after = before.replace(`"${stick.path}"`, other.path)
    expect(readFileSync(box.file, 'utf8')).toBe(after)
    expect(await varmesky('replace', 'hall', 'mqtt://box/a/#', '--unasked')).toMatchObject({ status: 0 })
    expect(readFileSync(box.file, 'utf8')).toBe(after.replace("'udp://127.0.0.1:9'", '"mqtt://box/a/#"'))
    await varmesky('replace', 'hall', 'udp://127.0.0.1:9', '--unasked')
    other.close()
    expect(await varmesky('replace', 'mast', other.path)).toMatchObject({ status: 1, stderr: expect.stringMatching(/Nothing was changed/) })
    expect((await varmesky('replace', 'mast', 'udp://0.0.0.0:1', '--unasked')).stderr).toMatch(/nothing was changed[\s\S]*at/)
    expect(readFileSync(box.file, 'utf8')).toBe(after.replace("'udp://127.0.0.1:9'", 'udp://127.0.0.1:9'))
    expect(await varmesky('replace', 'roof', stick.path)).toMatchObject({ status: 1 })
  })
})
