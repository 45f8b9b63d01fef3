import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** A violation of each room's walls, planted in a copy of the sources: the linter must see every one of them. */
const PLANTS = [
  ['src/wmbus/crc.ts', '../clock.ts', 'noRestrictedImports'],
  ['src/wmbus/crc.ts', 'node:fs', 'noRestrictedImports'],
  ['src/decoders/generic.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/decoders/generic.ts', 'node:crypto', 'noRestrictedImports'],
  ['src/explain/explain.ts', '../cli/decoded.ts', 'noRestrictedImports'],
  ['src/explain/explain.ts', 'node:fs', 'noRestrictedImports'],
  ['src/key-files/kem.ts', 'node:fs', 'noRestrictedImports'],
  ['src/key-files/kem.ts', '../log.ts', 'noRestrictedImports'],
  ['src/keys/fit.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/keys/fit.ts', 'node:fs', 'noRestrictedImports'],
  ['src/meter-types/draft.ts', '../cli/decoded.ts', 'noRestrictedImports'],
  ['src/memory/recent.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/receivers/streams/lines.ts', '../../pipeline.ts', 'noRestrictedImports'],
  ['src/sms/judge.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/sms/judge.ts', '../receivers/sticks/im871a.ts', 'noRestrictedImports'],
  ['src/sms/pdu/pdu.ts', '../../store/open.ts', 'noRestrictedImports'],
  ['src/sms/modem/modem.ts', '../inbox.ts', 'noRestrictedImports'],
  ['src/readings/day.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/reports/high.ts', '../store/open.ts', 'noRestrictedImports'],
  ['src/sinks/stdout.ts', '../store/store.ts', 'noRestrictedImports'],
  ['src/telemetry/message.ts', '../store/store.ts', 'noRestrictedImports'],
  ['src/store/memory.ts', '../sinks/mqtt.ts', 'noRestrictedImports'],
  ['src/store/disk/sqlite.ts', '../../sinks/mqtt.ts', 'noRestrictedImports'],
  ['src/control/server.ts', '../gateway.ts', 'noRestrictedImports'],
  ['src/config/schema.ts', '../gateway.ts', 'noRestrictedImports'],
  ['src/gateway.ts', './cli/run.ts', 'noRestrictedImports'],
  ['src/gateway/parts.ts', '../cli/run.ts', 'noRestrictedImports'],
  ['src/daemon/life.ts', '../cli/run.ts', 'noRestrictedImports'],
  ['src/pipeline.ts', './store/open.ts', 'noRestrictedImports'],
  ['src/policy.ts', './store/open.ts', 'noRestrictedImports'],
  ['src/delivery.ts', './sinks/mqtt.ts', 'noRestrictedImports'],
  ['src/wmbus/crc.ts', './frame.ts', 'noImportCycles'],
] as const

const root = process.cwd()
const copy = mkdtempSync(join(tmpdir(), 'varmesky-walls-'))
let clean = ''
let planted = ''

/** What the linter says about the copy. */
function lint(): string {
  const biome = join(root, 'node_modules/.bin/biome')
  const args = ['lint', '--vcs-enabled=false', '--colors=off', '--max-diagnostics=none', 'src']
  const { stdout, stderr } = spawnSync(biome, args, { cwd: copy, encoding: 'utf8' })
  return stdout + stderr
}

/** Plants every import of one file above its first line, in order: plant n stands on line n. */
function plantsOf(file: string): readonly string[] {
  return PLANTS.filter((plant) => plant[0] === file).map(([, imported], n) => `import * as planted${n} from '${imported}'`)
}

beforeAll(() => {
  cpSync('src', join(copy, 'src'), { recursive: true })
  cpSync('biome.json', join(copy, 'biome.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  clean = lint()
  for (const file of new Set(PLANTS.map((plant) => plant[0]))) {
    const path = join(copy, file)
    writeFileSync(path, `${plantsOf(file).join('\n')}\n${readFileSync(path, 'utf8')}`)
  }
  planted = lint()
}, 120_000)
afterAll(() => rmSync(copy, { recursive: true }))

describe('the walls between the rooms', () => {
  it('stand: no room breaks one', () => {
    expect(clean).toContain('Checked')
    expect(clean).not.toMatch(/noRestrictedImports|noImportCycles/)
  })

  it.each(PLANTS)('%s may not import %s', (file, imported, rule) => {
    const line = plantsOf(file).findIndex((text) => text.includes(`'${imported}'`)) + 1
    expect(planted).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}:${line}:\\d+ lint/\\w+/${rule}`))
  })
})
