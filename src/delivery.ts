import type { Clock } from './clock.ts'
import { pause } from './delivery/pause.ts'
import { BATCH, newSources, type Source } from './delivery/sources.ts'
import type { Log } from './log.ts'
import type { Outgoing, Sink } from './sinks/sink.ts'
import type { Outbox, SinkState } from './store/outbox/messages.ts'

/** How often an idle line looks for held messages that are due and for a new day. */
const LOOK_MS = 60_000
const BACK_OFF_MS = { first: 1_000, longest: 300_000 }
/** A line that held this long was a good one, even if it carried nothing. */
const STABLE_MS = 60_000
/** A message that broke the line this often all by itself is held, so that it does not stop all others. */
const BREAKS = 3
/** At stop, what is under way may end before it is cut; what cannot even be cut is left behind. */
const STOP_MS = { cut: 2_000, leave: 6_000 }

export interface DeliveryParts {
  readonly outbox: Outbox
  readonly sinks: readonly Sink[]
  readonly clock: Clock
  readonly log: Log
  /** Start of the local day that holds a moment, both in milliseconds since 1970 UTC. */
  readonly startOfDay: (utcMs: number) => number
  /** 0 ≤ x < 1, for the jitter of the back-off. */
  readonly random?: () => number
  /** What came from the far side of a sink. */
  readonly received?: (sink: string) => ReceivedCounts | undefined
}

/** What came from the far side of a sink since the start. */
export interface ReceivedCounts {
  /** Readings confirmed, and named in receipts although this sink was never given them. */
  readonly confirmed: number
  readonly unknown: number
  /** Receipts of a day by the digest of an earlier issue, and by one this gateway never had. */
  readonly outdated: number
  readonly mismatched: number
  /** Receipts and requests that were not as they should be, and requests that were done. */
  readonly refused: number
  readonly requests: number
}

/** How a sink does, and what waits for it. */
export interface SinkStatus extends SinkState {
  /** Absent where nothing can come from there. */
  readonly received?: ReceivedCounts
  readonly connected: boolean
  /** Since when it is connected, or not; milliseconds since 1970 UTC, null where the time was not known. */
  readonly since: number | null
  /** The last thing that went wrong, over or not. */
  readonly trouble: { readonly reason: string; readonly at: number | null } | null
}

export interface Delivery {
  /** Ends within a few seconds; what was not acknowledged by then is sent again at the next start. Never rejects. */
  stop(): Promise<void>
  state(): readonly SinkStatus[]
}

/**
 * Outbox → sinks, one loop per sink: open, send batch after batch, settle each by its receipt; on any trouble back off and open
 * anew. Today's messages and the backlog take turns, so that neither waits for the other.
 */
export const startDelivery = (parts: DeliveryParts): Delivery => {
  const stopping = new AbortController()
  const cutting = new AbortController()
  const lines = parts.sinks.map((sink) => newLine(sink, parts, stopping.signal, cutting.signal))
  const wake = (): void => {
    for (const line of lines) line.wake()
  }
  parts.outbox.onStored(wake)
  parts.outbox.onDue(wake)
  const runs = Promise.all(lines.map(run))
  return {
    state: () => lines.map(statusOf),
    async stop() {
      stopping.abort(new Error('the gateway stops'))
      const over = new AbortController()
      pause(parts.clock, STOP_MS.cut, over.signal).then(() => cutting.abort(stopping.signal.reason))
      await Promise.race([runs, pause(parts.clock, STOP_MS.leave, over.signal)])
      over.abort()
    },
  }
}

const statusOf = ({ sink, parts, connected, since, trouble }: Line): SinkStatus => {
  const received = parts.received?.(sink.name)
  return { ...parts.outbox.state(sink.name), connected, since, trouble, ...(received && { received }) }
}

interface Line {
  readonly sink: Sink
  readonly parts: DeliveryParts
  readonly sources: readonly Source[]
  readonly stopping: AbortSignal
  readonly cutting: AbortSignal
  connected: boolean
  since: number | null
  trouble: SinkStatus['trouble']
  /** The trouble last logged. */
  said: string | undefined
  /** Set when the line broke, also while idle. */
  lost: Error | undefined
  openedMs: number
  /** Trouble in a row, for the back-off. */
  failures: number
  /** The day whose start divides live from backlog. */
  today: number | undefined
  /** Ends the idle wait. */
  wake: () => void
}

const UNTRIED = { connected: false, trouble: null, said: undefined, lost: undefined, openedMs: 0, failures: 0, today: undefined }

const newLine = (sink: Sink, parts: DeliveryParts, stopping: AbortSignal, cutting: AbortSignal): Line => {
  const sources = newSources(sink.name, parts.outbox, parts.clock)
  return { ...UNTRIED, sink, parts, sources, stopping, cutting, since: parts.clock.utcMs(), wake: () => {} }
}

const run = async (line: Line): Promise<void> => {
  while (!line.stopping.aborted) {
    try {
      await open(line)
      await drain(line)
    } catch (error) {
      if (!line.stopping.aborted) note(line, messageOf(error))
    }
    await close(line)
    await pause(line.parts.clock, backOffMs(line), line.stopping)
  }
}

const open = async (line: Line): Promise<void> => {
  line.lost = undefined
  line.today = undefined
  await line.sink.open(line.stopping, (error) => {
    line.lost = error
    line.wake()
  })
  line.openedMs = line.parts.clock.monotonicMs()
  line.said = undefined
  turn(line, true)
  line.parts.log.info({ sink: line.sink.name }, 'sink connected')
}

const close = async (line: Line): Promise<void> => {
  if (line.connected && line.parts.clock.monotonicMs() - line.openedMs >= STABLE_MS) line.failures = 0
  turn(line, false)
  await line.sink.close()
}

const turn = (line: Line, connected: boolean): void => {
  if (line.connected !== connected) line.since = line.parts.clock.utcMs()
  line.connected = connected
}

/** Until the line breaks (rejects) or the gateway stops: a batch of each source in turn, then wait for something to do. */
const drain = async (line: Line): Promise<void> => {
  while (!line.stopping.aborted) {
    if (line.lost) throw line.lost
    split(line)
    let idle = true
    for (const source of line.sources) {
      const batch = source.take(source.limit)
      if (batch.length === 0) continue
      idle = false
      await send(line, source, batch)
    }
    // Nothing was awaited since the sources were found empty, so nothing stored meanwhile can be missed.
    if (idle) await pause(line.parts.clock, LOOK_MS, line.stopping, (wake) => (line.wake = wake))
  }
}

const split = (line: Line): void => {
  const { clock, outbox, startOfDay } = line.parts
  const utcMs = clock.utcMs()
  const today = utcMs === null ? undefined : startOfDay(utcMs)
  if (today === undefined || today === line.today) return
  outbox.split(line.sink.name, today)
  line.today = today
}

const send = async (line: Line, source: Source, batch: readonly Outgoing[]): Promise<void> => {
  const { results, reason } = await line.sink.send(batch, line.cutting).catch((error: unknown) => {
    if (!line.stopping.aborted) shrink(source, batch, messageOf(error))
    throw error
  })
  source.settle(batch, results, reason ?? null)
  source.limit = Math.min(BATCH, source.limit * 2)
  source.breaks = 0
  line.failures = 0
  if (reason !== undefined) note(line, reason)
  const refused = results.filter((result) => result === 'refused').length
  if (refused > 0) line.parts.log.error({ sink: line.sink.name, refused, reason }, 'messages refused for good')
}

/** The next batch is half as large, down to the one message that breaks the line. */
const shrink = (source: Source, batch: readonly Outgoing[], reason: string): void => {
  source.limit = Math.max(1, batch.length >> 1)
  source.breaks = batch.length === 1 ? source.breaks + 1 : 0
  if (source.breaks < BREAKS) return
  source.settle(batch, ['held'], `the line broke each time this was sent: ${reason}`)
  source.breaks = 0
}

/** Says a trouble once, however often it comes back before the line is open again. */
const note = (line: Line, reason: string): void => {
  if (line.said !== reason) line.parts.log.warn({ sink: line.sink.name, reason }, 'delivery is in trouble')
  line.said = reason
  line.trouble = { reason, at: line.parts.clock.utcMs() }
}

const backOffMs = (line: Line): number => {
  const { random = Math.random } = line.parts
  const ms = BACK_OFF_MS.first * 2 ** line.failures * (0.5 + random())
  line.failures += 1
  return Math.min(BACK_OFF_MS.longest, ms)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
