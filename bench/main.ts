/** `npm run bench [-- --short]`: how fast, and whether still fast enough. Exit code 1 when decoding falls below a floor. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { table } from '../src/cli/output.ts'
import { benchCodec, type CodecResult } from './codec.ts'
import type { EndToEndResult } from './end-to-end.ts'
import type { Protection } from './telegrams.ts'

/** Telegrams decoded in the time node:crypto needs to make one cipher and decrypt one telegram: holds on any machine. */
const FLOORS: Readonly<Record<Protection, number>> = { plain: 0.5, 'mode 5': 0.4, 'ELL-CTR': 0.4 }

const short = process.argv.includes('--short')

const whole = (n: number): string => Math.round(n).toLocaleString('en')
const isSlow = ({ protection, ratio }: CodecResult): boolean => ratio < FLOORS[protection]

const codecRow = (result: CodecResult): string[] => [
  `decode, ${result.protection}`,
  `${whole(result.perSecond)} telegrams/s`,
  `${result.ratio.toFixed(2)} × createDecipheriv`,
  `${FLOORS[result.protection]} ×${isSlow(result) ? ': TOO SLOW' : ''}`,
]

/** Its result, or why it was skipped. */
const endToEnd = (meters: number): Promise<EndToEndResult | string> =>
  new Promise((told, failed) => {
    const child = fork(fileURLToPath(new URL('end-to-end.ts', import.meta.url)), [String(meters)])
    child.once('message', (result) => told(result as EndToEndResult | string))
    child.once('exit', (code) => failed(new Error(`the end-to-end bench ended with ${code}`)))
  })

const endToEndRow = (result: EndToEndResult | string): string[] =>
  typeof result === 'string'
    ? ['day close to PUBACK', `skipped: ${result}`, '', '']
    : [
        `day close to PUBACK, ${whole(result.readings)} meters`,
        `${whole(result.perSecond)} readings/s`,
        `${whole(result.rssBytes / 2 ** 20)} MB RSS with tsx`,
        '',
      ]

/** A busy machine may make it look slow once; what is slow is slow every time. */
const measureCodec = (rounds: number, attempts: number): readonly CodecResult[] => {
  const results = benchCodec(rounds)
  if (attempts === 1 || !results.some(isSlow)) return results
  const again = measureCodec(rounds, attempts - 1)
  return results.map((result, i) => (result.ratio > again[i]!.ratio ? result : again[i]!))
}

const codec = measureCodec(short ? 5 : 15, 3)
const rows = [...codec.map(codecRow), endToEndRow(await endToEnd(short ? 500 : 2_000))]
console.log(table(['WHAT', 'RATE', 'COST', 'FLOOR'], rows))
process.exitCode = codec.some(isSlow) ? 1 : 0
