/**
 * Messages as JSON by HTTP POST, in batches: `{"messages": [ …bodies… ]}` with an Idempotency-Key over their ids, so that a batch
 * whose answer was lost can be told from a new one. 2xx takes all of them; 400, 413 and 422 are about the content, and are
 * narrowed down to the message they are about; everything else is trouble on the way, and is tried again.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Outgoing, Receipt, Sink, Verdict } from './sink.ts'

export interface HttpOptions {
  readonly url: string
  /** Read at every request: a new one needs no restart. */
  readonly token: () => string | undefined
  readonly clock: Clock
}

const ANSWER_MS = 30_000
const LONGEST_WAIT_MS = 3_600_000
const ABOUT_CONTENT: ReadonlySet<number> = new Set([400, 413, 422])

export const httpSink = ({ url, token, clock }: HttpOptions): Sink => {
  let notBeforeMs = 0

  const post = async (batch: readonly Outgoing[], signal: AbortSignal): Promise<number> => {
    const secret = token()
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': keyOf(batch),
        ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      },
      body: `{"messages":[${batch.map(({ body }) => body).join(',')}]}`,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    }).catch((cause: Error) => {
      signal.throwIfAborted()
      throw new Error(`no answer from ${originOf(url)}: ${(cause.cause as Error | undefined)?.message ?? cause.message}`, { cause })
    })
    await response.body?.cancel()
    const { status } = response
    if (response.ok || ABOUT_CONTENT.has(status)) return status
    const waitMs = waitOf(response.headers.get('retry-after'), clock)
    notBeforeMs = clock.monotonicMs() + waitMs
    throw new Error(`${originOf(url)} answers ${status}${waitMs > 0 ? `, and asks to wait ${Math.ceil(waitMs / 1000)} s` : ''}`)
  }

  const send = async (batch: readonly Outgoing[], signal: AbortSignal): Promise<Receipt> => {
    const status = await post(batch, signal)
    if (!ABOUT_CONTENT.has(status)) return { results: batch.map((): Verdict => 'accepted') }
    if (batch.length === 1) return { results: ['refused'], reason: `${originOf(url)} refuses the message: ${status}` }
    const half = batch.length >> 1
    const [first, second] = [await send(batch.slice(0, half), signal), await send(batch.slice(half), signal)]
    const reason = first.reason ?? second.reason
    return { results: [...first.results, ...second.results], ...(reason !== undefined && { reason }) }
  }

  return {
    name: 'http',
    /** There is no line to open; what the far side asked to wait is waited here. */
    open: (signal) => pause(clock, notBeforeMs - clock.monotonicMs(), signal),
    send,
    async close() {},
  }
}

const keyOf = (batch: readonly Outgoing[]): string =>
  createHash('sha256')
    .update(batch.map(({ id, seq }) => `${seq} ${id}\n`).join(''))
    .digest('hex')
    .slice(0, 32)

/** The path may tell more than a log should know. */
const originOf = (url: string): string => new URL(url).origin

/** Retry-After: seconds, or a date (RFC 9110). */
function waitOf(header: string | null, clock: Clock): number {
  if (header === null) return 0
  const utcMs = clock.utcMs()
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : utcMs === null ? 0 : Date.parse(header) - utcMs
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS)
}

const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    if (ms <= 0) return resolve()
    const abort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
