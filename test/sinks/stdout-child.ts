// Run by the tests, which hold the other end of its standard output: tells on standard error what becomes of a long message.
import { stdoutSink } from '../../src/sinks/stdout.ts'
import { reading } from '../support/broker-messages.ts'

const never = new AbortController().signal
const sink = stdoutSink()
const say = (text: unknown): boolean => process.stderr.write(`${text}\n`)

await sink.open(never)
const sending = sink.send([{ ...reading(1), body: JSON.stringify('x'.repeat(4_000_000)) }], never)
setImmediate(() => say('alive'))
await sending.then(({ results }) => say(results), say)
await sink.open(never).then(() => say('open'), say)
