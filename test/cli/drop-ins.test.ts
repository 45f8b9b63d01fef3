import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dropInsOf } from '../../src/cli/init/drop-ins.ts'
import { exposure } from '../../src/cli/init/unit.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { here } from './cli.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-units-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const configOf = (settings: string): Config => {
  const file = join(directory, 'varmesky.yaml')
  writeFileSync(file, `gateway: box\nstateDirectory: /var/lib/varmesky\n${settings}`)
  const loaded = loadConfig(file)
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}
const resolve = async (host: string) => (host === 'broker.example' ? ['192.0.2.10', '2001:db8::10'] : [])
const linesOf = async (settings: string) => {
  const { dropIns, unknown } = await dropInsOf(configOf(settings), resolve, ['192.0.2.53', '127.0.0.53'])
  const lines = Object.fromEntries(dropIns.map(({ file, text }) => [file, text.split('\n').slice(2, -1)]))
  return { lines, unknown }
}

const EVERYTHING = `
mqtt: { url: "mqtts://broker.example:8883" }
csv: { directory: /srv/billing/drop }
metrics: { listen: "127.0.0.1:9464" }
receivers:
  - { name: sdr, use: rtl_433, at: "exec: rtl_433 -F json" }
  - { name: mast, use: lines, at: "tcp://192.0.2.20:4000" }
  - { name: roof, use: lines, at: "udp://0.0.0.0:5000" }
`

describe('the unit is granted', () => {
  test('nothing where broker and receivers are on this machine', async () => {
    const settings =
      'mqtt: { url: "mqtt://127.0.0.1" }\ncsv: { directory: /var/lib/varmesky/csv }\nreceivers: [{ name: m, use: im871a, at: /dev/ttyUSB0 }]\n'
    expect(await linesOf(settings)).toEqual({ lines: {}, unknown: [] })
  })

  test('the addresses it speaks to, the ports it listens on, the programs and directories it uses', async () => {
    const { lines, unknown } = await linesOf(EVERYTHING)
    expect(lines).toEqual({
      'init-network.conf': [
        ...['192.0.2.10', '2001:db8::10', '192.0.2.20', '192.0.2.53'].map((address) => `IPAddressAllow=${address}`),
        'SocketBindAllow=tcp:9464',
        'SocketBindAllow=udp:5000',
      ],
      'init-sdr.conf': ['ExecPaths=/usr/bin /bin /usr/local/bin', 'DeviceAllow=char-189 rw', 'SupplementaryGroups=dialout plugdev'],
      'init-directories.conf': [
        'InaccessiblePaths=',
        ...['/boot', '/root', '/mnt', '/media'].map((top) => `InaccessiblePaths=-${top}`),
        'BindPaths=/srv/billing/drop',
        'NoExecPaths=/srv/billing/drop',
      ],
    })
    expect(unknown).toEqual([])
  })

  test('no name server where the broker has no name; a host without an address is told', async () => {
    expect((await linesOf('mqtt: { url: "mqtt://192.0.2.10" }\n')).lines).toEqual({ 'init-network.conf': ['IPAddressAllow=192.0.2.10'] })
    expect((await linesOf('mqtt: { url: "mqtt://gone.example" }\n')).unknown).toEqual(['gone.example'])
  })
})

const hasSystemd = spawnSync('systemd-analyze', ['security', '--help']).status === 0
describe.skipIf(!hasSystemd)('exposure, by systemd-analyze', () => {
  test('is 1.2 at most, with every drop-in as well, and with all of them', async () => {
    const { dropIns } = await dropInsOf(configOf(EVERYTHING), resolve, [])
    const scores = new Map([['base', exposure(join(directory, 'none'))]])
    for (const { file, text } of dropIns) {
      mkdirSync(join(directory, file))
      writeFileSync(join(directory, file, file), text)
      scores.set(file, exposure(join(directory, file)))
      mkdirSync(join(directory, 'all'), { recursive: true })
      writeFileSync(join(directory, 'all', file), text)
    }
    scores.set('all', exposure(join(directory, 'all')))
    for (const score of scores.values()) expect(Number(score)).toBeLessThanOrEqual(1.2)
    expect([...scores.values()].every((score) => /^\d\.\d$/.test(score!))).toBe(true)
    mkdirSync(join(directory, 'open'))
    writeFileSync(join(directory, 'open/open.conf'), '[Service]\nNoNewPrivileges=no\nProtectSystem=no\n')
    expect(Number(exposure(join(directory, 'open')))).toBeGreaterThan(1.2)
  })
})

test('init writes them, writes them again after a change, and leaves those of others alone', async () => {
  const box = join(directory, 'box')
  const units = join(directory, 'system/varmesky.service.d')
  const init = () =>
    here('init', '--gateway', 'roof', '--broker', 'mqtt://192.0.2.10', '--directory', box, '--systemd', join(directory, 'system'))
  expect(await init()).toMatchObject({ status: 0, stderr: expect.stringMatching(/made .*init-network\.conf\n(?:exposure .*: \d\.\d\n)?$/) })
  expect(readFileSync(join(units, 'init-network.conf'), 'utf8')).toContain('IPAddressAllow=192.0.2.10\n')
  writeFileSync(join(units, 'mine.conf'), '[Service]\nNice=5\n')
  const file = join(box, 'varmesky.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('mqtt://192.0.2.10', 'mqtt://127.0.0.1'))
  expect(await init()).toMatchObject({ status: 0, stderr: expect.stringMatching(/gone .*init-network\.conf/) })
  expect(readdirSync(units)).toEqual(['mine.conf'])
  expect(existsSync(join(box, 'kek'))).toBe(true)
})
