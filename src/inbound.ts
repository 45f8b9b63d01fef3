/** What billing says by itself: receipts, which are believed only for what was sent, and requests (requests.ts). */
import { z } from 'zod'
import type { Clock } from './clock.ts'
import type { ReceivedCounts } from './delivery.ts'
import type { Tell } from './events.ts'
import type { Log } from './log.ts'
import { type DaySummary, digestOf } from './readings/day-summary.ts'
import { type Requests, readJson } from './requests.ts'
import type { Incoming, Receive } from './sinks/sink.ts'
import type { Confirmed, Outbox } from './store/outbox/messages.ts'
import type { Days } from './store/store.ts'

export type ReceiptKind = 'id' | 'day'

export interface InboundParts {
  readonly outbox: Pick<Outbox, 'confirmIds' | 'confirmDay' | 'resend'>
  readonly days: Days
  readonly clock: Clock
  readonly log: Log
  readonly tell: Tell
  /** Which receipts are taken; null: none. */
  readonly receipts: ReceiptKind | null
  /** Does what is asked; null: nothing may be asked. */
  readonly requests: Requests | null
}

export interface Inbound {
  readonly receive: Receive
  counts(): ReceivedCounts
}

const MOST_IDS = 1_000
const MOST_BYTES = 64 * 1024
/** A day whose digest does not match is sent again at most so often: a consumer that is wrong for ever must not wear out the line. */
const RESEND_DAY_MS = 6 * 3_600_000
const MOST_REMEMBERED = 400
const WARN_MS = 60_000

const schema = z.literal('varmesky.receipt/1')
const RECEIPTS = {
  id: z.strictObject({ schema, ids: z.array(z.string().min(1).max(100)).min(1).max(MOST_IDS) }),
  day: z.strictObject({ schema, day: z.iso.date(), digest: z.string().regex(/^[0-9a-f]{64}$/) }),
}
type DayReceipt = z.infer<typeof RECEIPTS.day>

export const createInbound = (parts: InboundParts): Inbound => {
  const { outbox, clock, log, receipts, requests } = parts
  const counts = { confirmed: 0, unknown: 0, outdated: 0, mismatched: 0, refused: 0, requests: 0 }
  const mayResend = sparing(clock)
  const warned = new Map<string, number>()

  /** Counted each, logged once a minute, and never with what it said. */
  const refuse = (sink: string, channel: string, reason: string): null => {
    counts.refused++
    const nowMs = clock.monotonicMs()
    if (nowMs - (warned.get(channel) ?? Number.NEGATIVE_INFINITY) < WARN_MS) return null
    warned.set(channel, nowMs)
    log.warn({ sink, channel, reason, refused: counts.refused }, 'a message to this gateway was refused')
    return null
  }
  const add = ({ confirmed, unknown }: Confirmed): void => {
    counts.confirmed += confirmed
    counts.unknown += unknown
  }
  const byDay = (sink: string, receipt: DayReceipt): void => {
    const verdict = judgeDay(receipt, parts.days)
    if (verdict === 'right') add(outbox.confirmDay(sink, receipt.day))
    else if (verdict === 'unknown') counts.unknown++
    else if (verdict === 'outdated') counts.outdated++
    else {
      counts.mismatched++
      parts.tell('receipt.mismatch', { day: receipt.day, sink })
      if (mayResend(receipt.day)) outbox.resend({ from: receipt.day, to: receipt.day, sinks: [sink] })
    }
  }
  const receipt = ({ sink, body }: Incoming): null => {
    const read = receipts && readJson<(typeof RECEIPTS)[ReceiptKind]>(RECEIPTS[receipts], body, MOST_BYTES)
    if (!read) return refuse(sink, 'receipt', 'not a receipt as configured (mqtt.receipts)')
    if ('ids' in read) add(outbox.confirmIds(sink, read.ids))
    else byDay(sink, read)
    return null
  }
  const request = (incoming: Incoming): string | null => {
    const done = requests?.perform(incoming) ?? { refused: 'no requests are allowed (mqtt.requests)' }
    if ('refused' in done) return refuse(incoming.sink, 'request', done.refused)
    counts.requests++
    return done.answer
  }
  return {
    receive: (incoming) => (incoming.channel === 'receipt' ? receipt(incoming) : request(incoming)),
    counts: () => ({ ...counts }),
  }
}

/** Against what stands now, then against what was told before: that receipt is merely late, the next one will be right. */
const judgeDay = ({ day, digest }: DayReceipt, days: Days): 'right' | 'outdated' | 'wrong' | 'unknown' => {
  const summaries = days.summaries(day)
  if (summaries.length === 0) return 'unknown'
  if (digestOf(days.kept(day).map(({ id }) => id)) === digest) return 'right'
  return summaries.some(({ body }) => (JSON.parse(body) as DaySummary).digest.value === digest) ? 'outdated' : 'wrong'
}

const sparing = (clock: Clock): ((day: string) => boolean) => {
  const last = new Map<string, number>()
  return (day) => {
    const nowMs = clock.monotonicMs()
    if (nowMs - (last.get(day) ?? Number.NEGATIVE_INFINITY) < RESEND_DAY_MS) return false
    last.delete(day)
    if (last.size >= MOST_REMEMBERED) last.delete(last.keys().next().value!)
    last.set(day, nowMs)
    return true
  }
}
