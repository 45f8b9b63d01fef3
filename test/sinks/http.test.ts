import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { httpSink } from '../../src/sinks/http.ts'
import type { Outgoing } from '../../src/sinks/sink.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const never = new AbortController().signal
const message = (seq: number): Outgoing => ({ seq, kind: 'reading.daily', id: `KAM-${seq}`, meter: null, day: null, body: `{"n":${seq}}` })

interface Request {
  readonly headers: IncomingHttpHeaders
  readonly numbers: readonly number[]
}
type Answer = (request: Request) => { readonly status: number; readonly headers?: Record<string, string> }

let server: Server
let url = ''
let requests: Request[] = []
let answer: Answer
beforeEach(async () => {
  requests = []
  answer = () => ({ status: 204 })
  server = createServer(async (req, res) => {
    const { messages } = JSON.parse(await text(req)) as { messages: { n: number }[] }
    const request = { headers: req.headers, numbers: messages.map(({ n }) => n) }
    requests.push(request)
    const { status, headers } = answer(request)
    res.writeHead(status, headers).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`
})
afterEach(() => new Promise((closed) => server.close(closed)))

const start = (secret?: string) => {
  const clock = manualClock(NOON)
  return { clock, sink: httpSink({ url, token: () => secret, clock }) }
}

describe('an HTTP endpoint', () => {
  it('gets a batch as JSON, with a key that tells the same batch again and a token', async () => {
    const { sink } = start('s3cret')
    for (const _ of [1, 2]) expect(await sink.send([message(1), message(2)], never)).toEqual({ results: ['accepted', 'accepted'] })
    await sink.send([message(3)], never)
    expect(requests.map(({ numbers }) => numbers)).toEqual([[1, 2], [1, 2], [3]])
    const [first, again, other] = requests.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect([again, other === first]).toEqual([first, false])
    expect(requests[0]!.headers).toMatchObject({ authorization: 'Bearer s3cret', 'content-type': 'application/json' })
  })

  it('refuses one message, and gets all others', async () => {
    answer = ({ numbers }) => ({ status: numbers.includes(3) ? 422 : 200 })
    const { sink } = start()
    expect(await sink.send([1, 2, 3, 4, 5].map(message), never)).toEqual({
      results: ['accepted', 'accepted', 'refused', 'accepted', 'accepted'],
      reason: `${new URL(url).origin} refuses the message: 422`,
    })
    const taken = requests.filter(({ numbers }) => !numbers.includes(3)).flatMap(({ numbers }) => numbers)
    expect(taken).toEqual([1, 2, 4, 5])
  })

  it.each([
    ['seconds', '120'],
    ['a date', new Date(NOON + 120_000).toUTCString()],
  ])('is left alone as long as it asks for, in %s', async (_, retryAfter) => {
    answer = () => ({ status: 503, headers: { 'retry-after': retryAfter } })
    const { sink, clock } = start()
    await sink.open(never)
    await expect(sink.send([message(1)], never)).rejects.toThrow('answers 503, and asks to wait 120 s')
    let open = false
    const opening = sink.open(never).then(() => {
      open = true
    })
    clock.advance(119_999)
    await new Promise(setImmediate)
    expect(open).toBe(false)
    clock.advance(1)
    await opening
  })

  it.each([401, 404, 500, 302])('that answers %i is trouble on the way', async (status) => {
    answer = () => ({ status, headers: { location: '/elsewhere' } })
    await expect(start().sink.send([message(1)], never)).rejects.toThrow(/answers|no answer/)
    expect(requests).toHaveLength(1)
  })

  it('that is not there is trouble, and its path stays out of the error', async () => {
    await new Promise((closed) => server.close(closed))
    const error = await start('s3cret')
      .sink.send([message(1)], never)
      .catch(String)
    expect(error).toMatch(/no answer from http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/)
    expect(error).not.toMatch(/s3cret|\/in/)
    server = createServer().listen(0)
  })

  it('keeps nobody waiting who stops', async () => {
    const stopping = new AbortController()
    answer = () => {
      stopping.abort(new Error('the gateway stops'))
      return { status: 429, headers: { 'retry-after': '100' } }
    }
    const { sink } = start()
    await expect(sink.send([message(1)], stopping.signal)).rejects.toThrow()
    await expect(sink.open(stopping.signal)).rejects.toThrow('the gateway stops')
  })
})
