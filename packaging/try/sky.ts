/**
 * Inside the box: an emulated iM871A on a pseudo terminal, and meters that send without end. The list of the meters, with
 * their keys, is written to the file given; then the stick appears at the path given.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { openStick } from '../../demo/im871a-stick.ts'
import { integer, join, record, shortHeader, stripped } from '../../test/support/telegrams.ts'

const [list, link] = process.argv.slice(2) as [string, string]
const METERS = Array.from({ length: 5 }, (_, n) => ({
  sender: { manufacturer: 'LUG', id: String(60_000_001 + n), version: 7, type: 4 },
  key: Uint8Array.from({ length: 16 }, (_, at) => (17 * n + 29 * at + 5) & 0xff),
}))
const rows = METERS.map(({ sender, key }) => `${sender.manufacturer}-${sender.id};${Buffer.from(key).toString('hex')}`)
writeFileSync(list, `${['meter;key', ...rows].join('\n')}\n`, { mode: 0o600 })

const stick = await openStick()
// udev would give it to the group, in a directory that all may enter.
execFileSync('chmod', ['0755', dirname(stick.path)])
execFileSync('chmod', ['0666', stick.path])
execFileSync('ln', ['-sfn', stick.path, link])

let n = 0
setInterval(() => {
  n++
  for (const { sender, key } of METERS) {
    const records = join(record('0406', integer(10_000 + Math.floor(n / 60), 4)), record('0414', integer(5_000 + Math.floor(n / 30), 4)))
    void stick.send(stripped(sender, shortHeader(sender, records, { accessNumber: n & 0xff, key })), 0x80)
  }
}, 1_000)
