/** 5,000 telegrams a second through the installed daemon, as its unit starts it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Box, bundleInto, putInto } from './clean-root.ts'

const PORT = 7_000
const unit = (seconds: number): string => `[Service]
ExecStart=/usr/lib/varmesky/bin/node /opt/rain/rain.mjs /root/meters.csv ${PORT} ${seconds}
`

interface Figures {
  readonly outcomes: Readonly<Record<string, number>>
}

/** From the bare box to the end of the flood; throws where a telegram is lost or the daemon was restarted. Returns what was measured. */
export const floodInstalled = async (box: Box, deb: string, seconds: number): Promise<string> => {
  putInto(box, deb, 'root/one.deb')
  box.sh('apt-get install -y /root/one.deb')
  bundleInto(box, 'packaging/try/rain.ts', 'opt/rain/rain.mjs')
  writeFileSync(join(box.root, 'etc/systemd/system/rain.service'), unit(seconds))
  box.sh('varmesky init --gateway clean --broker mqtt://127.0.0.1:1883')
  box.sh(`printf '\\nreceivers:\\n  - { name: mast, use: hex, at: "tcp://127.0.0.1:${PORT}" }\\n' >> /etc/varmesky/varmesky.yaml`)
  box.sh('systemctl daemon-reload && systemctl start mosquitto rain')
  await box.until('the meters are listed', 20, 'test -s /root/meters.csv')
  box.sh('varmesky meters import --yes /root/meters.csv')
  box.sh('systemctl enable --now varmesky')
  const said = (): string => box.sh('journalctl -q --no-pager -o cat -u rain').trim()
  await box.until('the rain is over', seconds * 4 + 120, 'journalctl -q --no-pager -o cat -u rain | grep -q telegrams')
  const received = (): number => {
    const { outcomes } = JSON.parse(box.sh('varmesky status --json')) as Figures
    return Object.values(outcomes).reduce((sum, n) => sum + n, 0)
  }
  const sent = Number(/^\d+/m.exec(said())![0])
  for (let tries = 0; received() < sent && tries < 30; tries++) box.sh('sleep 1')
  const [lost, restarts] = [sent - received(), box.sh('systemctl show -P NRestarts varmesky').trim()]
  const memory = box.sh('grep -E "VmHWM" /proc/$(systemctl show -P MainPID varmesky)/status').replace(/\s+/g, ' ').trim()
  const figures = `${said()}, lost ${lost}, restarts ${restarts}, ${memory}`
  if (lost !== 0 || restarts !== '0') throw new Error(figures)
  return figures
}
