import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asVersion, type Box, bundleInto, putInto } from './clean-root.ts'

const REPOSITORY = new URL('../../', import.meta.url).pathname
const STICK = '/run/sky/stick'
const HOUR = 3_600

/** The daemon's clock may be wrong by what this file says; the rest of the box keeps the right time. */
const CLOCK = `[Service]
Environment=LD_PRELOAD=/usr/lib/$ARCH/faketime/libfaketime.so.1 FAKETIME_TIMESTAMP_FILE=/etc/faketimerc FAKETIME_CACHE_DURATION=1
Environment=FAKETIME_DONT_FAKE_MONOTONIC=1
`
const SKY = `[Service]
Environment=TMPDIR=/run/sky
RuntimeDirectory=sky
ExecStart=/usr/lib/varmesky/bin/node /opt/sky/sky.mjs /run/sky/meters.csv ${STICK}
`
const LEDGER = `[Service]
ExecStart=/bin/sh -c 'exec mosquitto_sub -h 127.0.0.1 -c -i ledger -q 1 -t "varmesky/v1/clean/reading/#" >> /root/ledger'
Restart=always
RestartSec=1
`

/** From the bare box to the purged one. */
export const walkThrough = async (box: Box, deb: string, work: string): Promise<void> => {
  const startedMs = Date.now()
  const step = (what: string): void => console.log(`  ${String(Math.round((Date.now() - startedMs) / 1_000)).padStart(4)} s  ${what}`)
  putInto(box, deb, 'root/one.deb')
  putInto(box, asVersion(deb, '99.0.0', work), 'root/two.deb')

  box.sh('apt-get install -y /root/one.deb')
  box.sh('varmesky --version && ! systemctl is-failed varmesky')
  step('installed by apt, without a network')

  furnish(box)
  box.sh('varmesky init --gateway clean --broker mqtt://127.0.0.1:1883')
  configure(box)
  box.sh('varmesky config check')
  box.sh('systemctl daemon-reload && systemctl start mosquitto sky ledger')
  await box.until('the stick appears', 20, `test -e ${STICK}`)
  box.sh('varmesky meters import --yes /run/sky/meters.csv')
  box.sh('systemctl enable --now varmesky')
  await box.until('it receives', 60, `varmesky status --json | grep -q '"state": *"receiving"'`)
  step(`initialised, 5 meters registered, receiving; ${box.sh('systemctl show -P StatusText varmesky').trim()}`)

  await reload(box)
  step(`reloaded, and a mistake refused, in one process; a sealed secret handed in; ${box.sh('varmesky init 2>&1 | grep exposure').trim()}`)

  const time = clockOf(box)
  await time.day(1)
  await box.until('five readings arrive', 60, 'test $(sort -u /root/ledger | wc -l) -ge 5')
  step(`a day's readings at the broker: ${ledger(box)}`)

  box.sh('kill -STOP $(systemctl show -P MainPID varmesky)')
  const before = box.sh('systemctl show -P NRestarts varmesky').trim()
  await box.until(
    'the watchdog restarts it',
    150,
    `test $(systemctl show -P NRestarts varmesky) -gt ${before} && systemctl is-active varmesky`,
  )
  step('hung, and restarted by the watchdog')

  box.sh('systemctl stop mosquitto')
  await time.day(2)
  await time.day(3)
  box.sh('apt-get install -y /root/two.deb')
  await box.until('it runs again', 60, 'systemctl is-active varmesky')
  box.sh('systemctl start mosquitto')
  await box.until('the backlog arrives', 400, 'test $(sort -u /root/ledger | wc -l) -ge 15')
  step(`upgraded with a backlog of two days: ${ledger(box)}, lost 0`)

  box.sh('apt-get install -y --allow-downgrades /root/one.deb')
  await box.until('it runs again', 60, 'systemctl is-active varmesky')
  await time.day(4)
  await box.until('the next day arrives', 60, 'test $(sort -u /root/ledger | wc -l) -ge 20')
  step(`downgraded: ${ledger(box)}`)

  box.sh(
    'apt-get remove -y varmesky && ! systemctl is-active varmesky && test -s /var/lib/varmesky/varmesky.db && test -e /etc/varmesky/kek',
  )
  box.sh('apt-get purge -y varmesky && ! test -e /var/lib/varmesky && ! test -e /etc/varmesky && ! getent passwd varmesky')
  step('removed, purged')
}

/** A secret and a configuration that change, and one with a mistake in it. */
const reload = async (box: Box): Promise<void> => {
  const told = (event: string): string => `varmesky events --json | grep -q '"event":"${event}"'`
  box.sh('varmesky secrets set sim-pin < /dev/stdin <<END\n1234\nEND\nsystemctl restart varmesky')
  await box.until('it receives again', 60, `varmesky status --json | grep -q '"state": *"receiving"'`)
  box.sh('test "$(cat /run/credentials/varmesky.service/sim-pin)" = 1234')
  const pid = box.sh('systemctl show -P MainPID varmesky')
  box.sh('cp -p /etc/varmesky/varmesky.yaml /root/good && echo "mistake: 1" >> /etc/varmesky/varmesky.yaml && systemctl reload varmesky')
  // With the mistake in it no command can read the configuration either.
  box.sh('cp -p /root/good /etc/varmesky/varmesky.yaml')
  await box.until('the mistake is told', 60, told('config.refused'))
  box.sh('systemctl reload varmesky')
  await box.until('the reload is told', 60, told('config.reloaded'))
  await box.until('it receives again', 60, `varmesky status --json | grep -q '"state": *"receiving"'`)
  if (box.sh('systemctl show -P MainPID varmesky') !== pid) throw new Error('a reload is no restart')
}

const ledger = (box: Box): string => {
  const rows = readFileSync(join(box.root, 'root/ledger'), 'utf8').trim().split('\n')
  return `${new Set(rows.map((row) => JSON.parse(row).id)).size} readings`
}

/** What the box has beside the package: meters on the air, a ledger at the broker, a clock for the daemon. */
const furnish = (box: Box): void => {
  bundleInto(box, 'packaging/try/sky.ts', 'opt/sky/sky.mjs')
  putInto(box, join(REPOSITORY, 'node_modules/node-pty'), 'opt/sky/node_modules/node-pty')
  const units = join(box.root, 'etc/systemd/system')
  mkdirSync(join(units, 'varmesky.service.d'), { recursive: true })
  const arch = box.sh('dirname /usr/lib/*/faketime/libfaketime.so.1').trim().split('/')[3]!
  writeFileSync(join(units, 'varmesky.service.d/clock.conf'), CLOCK.replace('$ARCH', arch))
  writeFileSync(join(units, 'sky.service'), SKY)
  writeFileSync(join(units, 'ledger.service'), LEDGER)
  writeFileSync(join(box.root, 'etc/faketimerc'), '+0\n')
}

const configure = (box: Box): void => {
  const file = join(box.root, 'etc/varmesky/varmesky.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(/^receipts: .*$/m, '')
    .replace(/^( *)receipts: day/m, '$1receipts: none')
    .replace(/^( *)trust: auto/m, '$1trust: always')
  writeFileSync(file, text)
  appendFileSync(file, `\nreceivers:\n  - { name: mast, use: im871a, at: ${STICK} }\n`)
}

/** Days pass in steps of less than a day, as the daemon follows them; the meters are heard before and after each midnight. */
const clockOf = (box: Box) => {
  const zone = 3_600 // Copenhagen in winter
  const nowS = Math.floor(Date.now() / 1_000)
  const midnightS = Math.ceil((nowS + zone) / 86_400) * 86_400 - zone
  let offset = 0
  const set = async (targetS: number): Promise<void> => {
    const distance = targetS - Math.floor(Date.now() / 1_000)
    while (offset < distance) {
      offset = Math.min(offset + 20 * HOUR, distance)
      writeFileSync(join(box.root, 'etc/faketimerc'), `+${offset}\n`)
      await new Promise((resolve) => setTimeout(resolve, 6_000))
    }
  }
  return {
    /** The n-th midnight from now, and the close of the day before it. */
    async day(n: number): Promise<void> {
      const midnight = midnightS + (n - 1) * 86_400
      await set(midnight - 60)
      await set(midnight + 60)
      await set(midnight + 2 * HOUR + 60)
    },
  }
}
