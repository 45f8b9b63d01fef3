/**
 * `npm run deb:try -- [--flood SECONDS] [SUITE…]` (as root; Debian with debootstrap and systemd-container): the package of build/ in a
 * clean box of each release, under its own systemd, without a network. Says each step, and exits with 1 at the first that fails. With
 * `--flood`, 5,000 telegrams a second for so long instead of the walk through the package's life.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot } from './clean-root.ts'
import { floodInstalled } from './flood.ts'
import { walkThrough } from './steps.ts'

const work = new URL('../../build/', import.meta.url).pathname
const deb = readdirSync(work).find((name) => /^varmesky_.*_(?:amd64|arm64)\.deb$/.test(name))
if (deb === undefined) throw new Error('There is no package in build/ yet: npm run deb')

const { values, positionals: suites } = parseArgs({ options: { flood: { type: 'string' } }, allowPositionals: true })
for (const suite of suites.length > 0 ? suites : ['bookworm', 'trixie']) {
  console.log(`\n${suite}`)
  const box = await boot(suite, work)
  try {
    if (values.flood === undefined) await walkThrough(box, join(work, deb), work)
    else console.log(`  ${await floodInstalled(box, join(work, deb), Number(values.flood))}`)
  } catch (error) {
    console.log(box.sh('date; varmesky status || true; journalctl --no-pager -n 40 -u varmesky -u ledger -u sky -u mosquitto || true'))
    throw error
  } finally {
    await box.powerOff()
  }
}
