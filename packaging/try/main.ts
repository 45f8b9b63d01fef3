/**
 * `npm run deb:try -- [SUITE…]` (as root; Debian with debootstrap and systemd-container): the package of build/ in a clean box
 * of each release, under its own systemd, without a network. Says each step, and exits with 1 at the first that fails.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { boot } from './clean-root.ts'
import { walkThrough } from './steps.ts'

const work = new URL('../../build/', import.meta.url).pathname
const deb = readdirSync(work).find((name) => /^varmesky_.*_(?:amd64|arm64)\.deb$/.test(name))
if (deb === undefined) throw new Error('There is no package in build/ yet: npm run deb')

const suites = process.argv.slice(2)
for (const suite of suites.length > 0 ? suites : ['bookworm', 'trixie']) {
  console.log(`\n${suite}`)
  const box = await boot(suite, work)
  try {
    await walkThrough(box, join(work, deb), work)
  } catch (error) {
    console.log(box.sh('date; varmesky status || true; journalctl --no-pager -n 40 -u varmesky -u ledger -u sky -u mosquitto || true'))
    throw error
  } finally {
    await box.powerOff()
  }
}
