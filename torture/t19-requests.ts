import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { atMost, holds, note, type Row, type Scale } from './row.ts'

const REQUESTS: Readonly<Record<Scale, number>> = { short: 3_000, usual: 30_000, full: 300_000 }

export const T19: Row = {
  id: 'T19',
  title: 'requests by MQTT: unsigned, signed for others, changed, played again, expired, oversized, off the list, with paths in them',
  limit: 'done 0; the honest ones are done',
  mutation: { file: 'requests.js', find: 'if (!isSigned(secret, incoming))', put: 'if (false)' },
  async run({ build, directory, scale, seed }) {
    const script = join(build, 'torture/inside/requests.js')
    const said = execFileSync(process.execPath, [script, join(directory, 'state'), String(REQUESTS[scale]), String(seed)], {
      encoding: 'utf8',
    })
    const { honest, done, hostile } = JSON.parse(said) as { honest: number; done: number; hostile: number }
    return [
      note(`${REQUESTS[scale].toLocaleString('en')} requests`),
      holds(`${honest} honest ones done`, done === honest),
      atMost('hostile ones done', hostile, 0),
      note('an SMS can ask for nothing'),
    ]
  },
}
